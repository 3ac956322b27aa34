package dev.gorgon.engine.weights;

/**
 * How much of a folder is believed before anything in it is read. What comes from a stranger must not cost more than a real file
 * of its kind.
 *
 * @param headerBytes largest header of a safetensors file
 * @param tensors most tensors in all files together
 * @param files most weight files
 */
record ReadLimits(int headerBytes, int tensors, int files) {

    /** Most dimensions of a tensor: weights have two, and no kind of layer more than five. */
    static final int MAX_RANK = 8;

    /** Longest name of a tensor. */
    static final int MAX_NAME_LENGTH = 1024;

    /** The limit of the reference implementation for the header; other limits beyond the largest models. */
    static final ReadLimits MODEL = new ReadLimits(100_000_000, 1_000_000, 10_000);

    /** A LoRA of all experts of the largest mixtures has some 90,000 tensors. */
    static final ReadLimits ADAPTER = new ReadLimits(32 << 20, 100_000, 256);
}
