/**
 * The paged key/value cache.
 */
@NullMarked
package dev.gorgon.engine.kv;

import org.jspecify.annotations.NullMarked;
