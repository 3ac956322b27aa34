/**
 * The operations a model is made of, behind one interface.
 */
@NullMarked
package dev.gorgon.engine.backend;

import org.jspecify.annotations.NullMarked;
