/**
 * The HTTP interface.
 */
@NullMarked
package dev.gorgon.server;

import org.jspecify.annotations.NullMarked;
