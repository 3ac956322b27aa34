/**
 * The gorgon command.
 */
@NullMarked
package dev.gorgon.cli;

import org.jspecify.annotations.NullMarked;
