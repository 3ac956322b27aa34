/**
 * How calls fail: one unchecked exception per kind of failure, closed under {@link dev.gorgon.client.error.GorgonException}.
 */
@NullMarked
package dev.gorgon.client.error;

import org.jspecify.annotations.NullMarked;
