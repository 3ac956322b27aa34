/**
 * Where model and adapter files come from.
 */
@NullMarked
package dev.gorgon.hub;

import org.jspecify.annotations.NullMarked;
