package dev.gorgon.train.heads;

/**
 * The shape of Medusa heads (spec medusa.md §1.1).
 *
 * @param heads number of heads; head i guesses the token at distance 2 + i
 * @param layers residual blocks per head
 * @param version 2 if the heads share the base model's LM head, 1 if each has its own
 * @param hidden hidden size of the model
 * @param vocabulary size of its vocabulary
 */
public record HeadShape(int heads, int layers, int version, int hidden, int vocabulary) {

    /** More make no sense: guesses that far ahead hold by chance only. */
    private static final int MAX_HEADS = 32;

    private static final int MAX_LAYERS = 16;

    public HeadShape {
        if (heads < 1 || heads > MAX_HEADS) {
            throw new TrainingException("--medusa_num_heads must be between 1 and " + MAX_HEADS + ", got " + heads);
        }
        if (version != 1 && version != 2) {
            throw new TrainingException("--version must be 1 or 2, got " + version);
        }
        if (layers < (version == 1 ? 0 : 1) || layers > MAX_LAYERS) {
            throw new TrainingException("--medusa_num_layers must be between 1 and " + MAX_LAYERS
                    + " (with --version 1 also 0), got " + layers);
        }
    }

    /** Whether each head has an LM head of its own. */
    public boolean ownLmHeads() {
        return version == 1;
    }
}
