/**
 * The Hugging Face Hub and its cache, in the layout that huggingface_hub of Python uses.
 */
@NullMarked
package dev.gorgon.hub.huggingface;

import org.jspecify.annotations.NullMarked;
