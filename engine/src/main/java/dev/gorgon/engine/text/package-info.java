/**
 * Tokenizer, streaming detokenizer, chat templates.
 */
@NullMarked
package dev.gorgon.engine.text;

import org.jspecify.annotations.NullMarked;
