/**
 * Adapters that Predibase trained: its gateway says where in S3 they are.
 */
@NullMarked
package dev.gorgon.hub.pbase;

import org.jspecify.annotations.NullMarked;
