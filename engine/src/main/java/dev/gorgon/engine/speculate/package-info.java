/**
 * Drafts, the walk that verifies them, and the planner that decides how much to draft.
 */
@NullMarked
package dev.gorgon.engine.speculate;

import org.jspecify.annotations.NullMarked;
