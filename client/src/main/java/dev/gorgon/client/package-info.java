/**
 * The Java client of Gorgon and LoRAX servers. {@link dev.gorgon.client.Client} is where to begin; requests and answers are in
 * {@code types}, failures in {@code error}. The packages {@code json} and {@code sse} are the client's own and may change.
 */
@NullMarked
package dev.gorgon.client;

import org.jspecify.annotations.NullMarked;
