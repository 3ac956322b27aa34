package dev.gorgon.engine;

import dev.gorgon.engine.speculate.DraftTree;
import dev.gorgon.engine.speculate.Drafter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Drafters that know the answer, or try to mislead. */
final class TestDrafters {

    private static final int VOCABULARY = 4096;

    private TestDrafters() {}

    /** The known sequence that continues these tokens, or nothing. */
    private static int[] continuation(List<int[]> known, int[] tokens, int length, int limit) {
        for (int[] sequence : known) {
            if (sequence.length > length && Arrays.equals(sequence, 0, length, tokens, 0, length)) {
                return Arrays.copyOfRange(sequence, length, Math.min(sequence.length, length + limit));
            }
        }
        return new int[0];
    }

    /** Guesses what will come. */
    static Drafter oracle(List<int[]> known) {
        return (tokens, length, limit) -> DraftTree.chain(continuation(known, tokens, length, limit));
    }

    /** Guesses right up to a depth, then wrong. */
    static Drafter wrongAt(List<int[]> known, int depth) {
        return (tokens, length, limit) -> {
            int[] guesses = continuation(known, tokens, length, limit);
            if (guesses.length > depth) {
                guesses[depth] = (guesses[depth] + 1) % VOCABULARY;
            }
            return DraftTree.chain(guesses);
        };
    }

    /** Trees of random shape and random tokens, with the right continuation hidden among them. */
    static Drafter randomTrees(List<int[]> known, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return (tokens, length, limit) -> {
            int[] right = continuation(known, tokens, length, limit);
            int size = 1 + random.nextInt(14);
            List<Integer> guesses = new ArrayList<>();
            List<Integer> parents = new ArrayList<>();
            int onPath = DraftTree.ROOT;
            int depth = 0;
            for (int i = 0; i < size; i++) {
                boolean follow = depth < right.length && random.nextInt(3) > 0;
                int parent = follow ? onPath : random.nextInt(i + 1) - 1;
                int token = follow ? right[depth] : random.nextInt(VOCABULARY);
                if (clashes(guesses, parents, token, parent)) {
                    continue;
                }
                guesses.add(token);
                parents.add(parent);
                if (follow) {
                    onPath = guesses.size() - 1;
                    depth++;
                }
                if (guesses.size() <= i) {
                    i = guesses.size() - 1;
                    size--;
                }
            }
            return new DraftTree(
                    guesses.stream().mapToInt(Integer::intValue).toArray(),
                    parents.stream().mapToInt(Integer::intValue).toArray());
        };
    }

    private static boolean clashes(List<Integer> guesses, List<Integer> parents, int token, int parent) {
        if (parent >= guesses.size()) {
            return true;
        }
        for (int i = 0; i < guesses.size(); i++) {
            if (guesses.get(i) == token && parents.get(i) == parent) {
                return true;
            }
        }
        return false;
    }
}
