package dev.gorgon.train.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Trees of guesses that verify the most tokens per step, if heads are right independently of each other (spec medusa.md §2.6): the
 * value of a path is the product of its accuracies; grown by the neighbour of largest value, so every tree contains the smaller ones.
 *
 * @param nodes paths of ranks in the order in which they are added: the first n are the tree of n nodes
 * @param tokensPerStep expected with the first n nodes, at n − 1
 */
record BestTree(List<List<Integer>> nodes, List<Double> tokensPerStep) {

    /** A path that may be added next. */
    private record Candidate(List<Integer> path, double before, double value) {}

    /**
     * Grows a tree.
     *
     * @param accuracy by head and rank: how often exactly this rank is right
     * @param size nodes at most
     */
    static BestTree grow(double[][] accuracy, int size) {
        PriorityQueue<Candidate> open = new PriorityQueue<>(
                Comparator.comparingDouble(Candidate::value).reversed().thenComparing(node -> key(node.path)));
        List<List<Integer>> nodes = new ArrayList<>();
        List<Double> expected = new ArrayList<>();
        double sum = 1;
        offer(open, List.of(), 0, 1, accuracy);
        while (nodes.size() < size && !open.isEmpty()) {
            Candidate best = open.remove();
            nodes.add(best.path);
            sum += best.value;
            expected.add(sum);
            offer(open, best.path.subList(0, best.path.size() - 1), best.path.getLast() + 1, best.before, accuracy);
            offer(open, best.path, 0, best.value, accuracy);
        }
        return new BestTree(List.copyOf(nodes), List.copyOf(expected));
    }

    private static void offer(
            PriorityQueue<Candidate> open, List<Integer> parent, int rank, double before, double[][] accuracy) {
        int head = parent.size();
        if (head < accuracy.length && rank < accuracy[head].length) {
            open.add(new Candidate(child(parent, rank), before, before * accuracy[head][rank]));
        }
    }

    /** Among equals, the shorter path first, then the one of better ranks: the same tree every time. */
    private static String key(List<Integer> path) {
        StringBuilder key = new StringBuilder().append((char) path.size());
        path.forEach(rank -> key.append((char) rank.intValue()));
        return key.toString();
    }

    static List<Integer> child(List<Integer> path, int rank) {
        List<Integer> child = new ArrayList<>(path);
        child.add(rank);
        return List.copyOf(child);
    }
}
