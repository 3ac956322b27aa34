/**
 * Tokenizer, streaming detokenizer, chat template text.
 */
@NullMarked
package dev.gorgon.engine.text;

import org.jspecify.annotations.NullMarked;
