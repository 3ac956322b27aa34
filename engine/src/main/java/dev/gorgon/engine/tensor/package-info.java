/**
 * Typed, shaped views over off-heap memory. No arithmetic.
 */
@NullMarked
package dev.gorgon.engine.tensor;

import org.jspecify.annotations.NullMarked;
