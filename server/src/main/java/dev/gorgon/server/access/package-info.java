/**
 * Who may enter: keys, the file they come from, and the gate in front of the routes.
 */
@NullMarked
package dev.gorgon.server.access;

import org.jspecify.annotations.NullMarked;
