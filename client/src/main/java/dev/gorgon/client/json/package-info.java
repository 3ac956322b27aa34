/**
 * The client's own reading and writing of JSON; the only place that knows the library.
 */
@NullMarked
package dev.gorgon.client.json;

import org.jspecify.annotations.NullMarked;
