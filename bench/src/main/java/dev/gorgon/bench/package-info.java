/** JMH benchmarks of single kernels; whole-system figures come from {@code gorgon bench}. */
@NullMarked
package dev.gorgon.bench;

import org.jspecify.annotations.NullMarked;
