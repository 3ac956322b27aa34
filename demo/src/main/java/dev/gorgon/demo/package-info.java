/** The embedded demonstration model. */
@NullMarked
package dev.gorgon.demo;

import org.jspecify.annotations.NullMarked;
