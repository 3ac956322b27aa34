/**
 * The operations on CPUs: a team of workers that run the same step in lockstep over the kernels.
 */
@NullMarked
package dev.gorgon.engine.backend.cpu;

import org.jspecify.annotations.NullMarked;
