package dev.gorgon.train.eval;

import java.util.List;

/**
 * What an evaluation has shown.
 *
 * @param domains all prompts first, under the name {@code all}; then each domain, if there are several
 * @param tree the best trees by the accuracies of all prompts
 * @param exact whether every answer was the same token by token with speculation, without, alone and in a batch
 */
public record EvaluationReport(Subject subject, List<Domain> domains, Tree tree, boolean exact) {

    /**
     * What was evaluated.
     *
     * @param lora that answered; empty for none, or the adapter's own
     * @param backend that computed
     * @param skipped prompts that could not be answered
     * @param maxTokens of an answer
     */
    public record Subject(
            String model,
            String adapter,
            String lora,
            String backend,
            int heads,
            String data,
            int conversations,
            int prompts,
            int skipped,
            int maxTokens,
            int runs) {}

    /**
     * Some prompts.
     *
     * @param tokens of all answers, ends included
     * @param chainExpected tokens per step of a chain, if heads were right independently of each other: 1 + a0 + a0·a1 + …
     * @param chainWalked the same, counted on the answers
     * @param chainEngine the same, counted by the engine with every head drafting in every step
     * @param measured what the engine gains; empty if that was not measured
     */
    public record Domain(
            String name,
            int answers,
            long tokens,
            List<Head> heads,
            double chainExpected,
            double chainWalked,
            double chainEngine,
            List<Speed> measured) {}

    /**
     * A head.
     *
     * @param labels positions that have a token at the head's distance
     * @param hits by rank, from the likeliest token on
     * @param marginal shares of labels with exactly this rank
     * @param cumulative shares of labels with this rank or a better one: top-1 to top-10
     */
    public record Head(long labels, List<Long> hits, List<Double> marginal, List<Double> cumulative) {}

    /**
     * A measurement, one request at a time: medians of the runs.
     *
     * @param prompts that were measured
     * @param tokensPerStep with speculation as it is served
     * @param stepsPerToken forward passes per token
     * @param tokensPerSecondOff without speculation, prompts included
     * @param tokensPerSecondOn with it
     * @param speedUp median of the runs' ratios
     * @param decodingSpeedUp the same, of the time after the first token alone
     * @param speedUps of the runs
     */
    public record Speed(
            int prompts,
            double tokensPerStep,
            double stepsPerToken,
            double tokensPerSecondOff,
            double tokensPerSecondOn,
            double speedUp,
            double decodingSpeedUp,
            List<Double> speedUps) {}

    /**
     * The best trees.
     *
     * @param nodes paths of ranks; the first n form the tree of n nodes
     * @param expected tokens per step of n nodes under independence, at n − 1
     * @param walked the same, counted on the answers
     */
    public record Tree(List<List<Integer>> nodes, List<Double> expected, List<Double> walked) {}

    /** Over all prompts. */
    public Domain all() {
        return domains.getFirst();
    }
}
