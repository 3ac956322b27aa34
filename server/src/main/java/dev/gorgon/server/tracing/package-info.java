/**
 * Spans of finished requests, sent to an OpenTelemetry collector.
 */
@NullMarked
package dev.gorgon.server.tracing;

import org.jspecify.annotations.NullMarked;
