/**
 * The client's own parser of server-sent events.
 */
@NullMarked
package dev.gorgon.client.sse;

import org.jspecify.annotations.NullMarked;
