package dev.gorgon.train.eval;

import java.util.Collection;
import java.util.List;

/**
 * What the heads thought of one answer of {@code tokens} tokens. Row t is the position that predicts the answer's token t; head i
 * guesses token t + 1 + i there, so it has {@code tokens - 1 - i} labels.
 *
 * @param ranks by head and row: how many tokens the head thought likelier than the right one; ten for ten or more
 */
record AnswerRanks(String domain, int tokens, byte[][] ranks) {

    int labels(int head) {
        return Math.max(0, tokens - 1 - head);
    }

    int rank(int head, int row) {
        return ranks[head][row];
    }

    int heads() {
        return ranks.length;
    }

    /** Steps of a chain that drafts the first guess of each head and verifies in the prompt's pass, too. */
    int chainSteps() {
        int steps = 0;
        for (int t = 0; t < tokens; steps++) {
            int emitted = 1;
            while (emitted <= heads() && t + emitted < tokens && rank(emitted - 1, t) == 0) {
                emitted++;
            }
            t += emitted;
        }
        return steps;
    }

    /**
     * Steps of a tree in the same way.
     *
     * @param tree paths of ranks, each with all that lead to it
     */
    int treeSteps(Collection<List<Integer>> tree) {
        int steps = 0;
        for (int t = 0; t < tokens; steps++) {
            int emitted = 1;
            List<Integer> path = List.of();
            while (emitted <= heads() && t + emitted < tokens) {
                path = BestTree.child(path, rank(emitted - 1, t));
                if (!tree.contains(path)) {
                    break;
                }
                emitted++;
            }
            t += emitted;
        }
        return steps;
    }
}
