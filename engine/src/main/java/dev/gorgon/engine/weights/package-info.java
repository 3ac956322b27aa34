/**
 * Reading weight files: safetensors and PyTorch archives, without ever running code found in them.
 */
@NullMarked
package dev.gorgon.engine.weights;

import org.jspecify.annotations.NullMarked;
