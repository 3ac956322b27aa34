package dev.gorgon.train.data;

import java.util.BitSet;

/**
 * One training sample: the tokens of a rendered conversation, and which of them are labels.
 *
 * @param id of the conversation
 * @param targets bit p says that token p is counted as a target
 */
public record Sample(String id, int[] tokens, BitSet targets) {}
