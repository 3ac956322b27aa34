/**
 * Reading request bodies strictly and writing answers: locations, typing rules, number formats.
 */
@NullMarked
package dev.gorgon.server.json;

import org.jspecify.annotations.NullMarked;
