/**
 * Counting without locks: written where the work is done, read by whoever watches.
 */
@NullMarked
package dev.gorgon.engine.meter;

import org.jspecify.annotations.NullMarked;
