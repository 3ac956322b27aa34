/**
 * Training data: conversations, and the samples of tokens that are made of them.
 */
@NullMarked
package dev.gorgon.train.data;

import org.jspecify.annotations.NullMarked;
