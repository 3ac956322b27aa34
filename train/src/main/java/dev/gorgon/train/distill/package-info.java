/**
 * Self-distillation: every answer of a conversation is replaced by the model's own.
 */
@NullMarked
package dev.gorgon.train.distill;

import org.jspecify.annotations.NullMarked;
