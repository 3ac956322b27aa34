/**
 * Model configuration and the decoder, assembled from a description per family.
 */
@NullMarked
package dev.gorgon.engine.model;

import org.jspecify.annotations.NullMarked;
