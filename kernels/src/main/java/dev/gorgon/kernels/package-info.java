/**
 * The CPU arithmetic: one small interface, a portable provider over the Vector API, and the scalar twin that specifies it.
 */
@NullMarked
package dev.gorgon.kernels;

import org.jspecify.annotations.NullMarked;
