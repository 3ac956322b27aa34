/**
 * OpenAI's API: completions, chat completions and their errors, as OpenAI specifies them.
 */
@NullMarked
package dev.gorgon.server.openai;

import org.jspecify.annotations.NullMarked;
