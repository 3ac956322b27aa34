/**
 * Training of Medusa heads on cached hidden states of a frozen model (spec medusa.md §1.1, §3).
 */
@NullMarked
package dev.gorgon.train.heads;

import org.jspecify.annotations.NullMarked;
