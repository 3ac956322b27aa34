/**
 * How good Medusa heads are: accuracies on the model's own answers, what follows from them, and what the engine really gains (spec
 * medusa.md §2.6, §4). Reports as text, JSON, HTML and TensorBoard events.
 */
@NullMarked
package dev.gorgon.train.eval;

import org.jspecify.annotations.NullMarked;
