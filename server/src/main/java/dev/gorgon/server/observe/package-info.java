/**
 * What is noted of every request: its id, when it reached which stage, and what becomes of that — metrics, a line in the log, and
 * spans.
 */
@NullMarked
package dev.gorgon.server.observe;

import org.jspecify.annotations.NullMarked;
