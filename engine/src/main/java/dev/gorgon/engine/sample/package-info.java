/**
 * The choice function: history-dependent logit edits, filters, seeded noise.
 */
@NullMarked
package dev.gorgon.engine.sample;

import org.jspecify.annotations.NullMarked;
