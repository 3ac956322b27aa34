/**
 * The LoRAX routes and their wire formats.
 */
@NullMarked
package dev.gorgon.server.lorax;

import org.jspecify.annotations.NullMarked;
