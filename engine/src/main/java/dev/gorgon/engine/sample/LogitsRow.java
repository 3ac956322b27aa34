package dev.gorgon.engine.sample;

import java.lang.foreign.MemorySegment;

/**
 * The target's logits for one position, as computed by the backend, with the statistics that plain greedy decoding needs.
 *
 * @param logits float32 values in native order, at least {@code vocabularySize} of them
 * @param vocabularySize number of valid logits
 * @param argMax id of the largest logit; the lowest id wins ties
 * @param logSumExp natural log of the sum of exp(logit)
 */
public record LogitsRow(MemorySegment logits, int vocabularySize, int argMax, double logSumExp) {}
