/**
 * Counters and histograms, and the two formats they are shown in.
 */
@NullMarked
package dev.gorgon.server.metrics;

import org.jspecify.annotations.NullMarked;
