/**
 * The engine's public face, the scheduler and the step loop.
 */
@NullMarked
package dev.gorgon.engine.schedule;

import org.jspecify.annotations.NullMarked;
