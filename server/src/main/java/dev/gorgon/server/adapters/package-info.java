/**
 * The routes that show and manage adapters.
 */
@NullMarked
package dev.gorgon.server.adapters;

import org.jspecify.annotations.NullMarked;
