/**
 * What every route shares: bodies, plain answers, event streams, CORS.
 */
@NullMarked
package dev.gorgon.server.http;

import org.jspecify.annotations.NullMarked;
