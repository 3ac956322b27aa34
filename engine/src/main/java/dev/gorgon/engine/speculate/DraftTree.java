package dev.gorgon.engine.speculate;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Guesses for the tokens after a sequence's pending token. Node i guesses {@code tokens[i]} to follow node {@code parents[i]},
 * where −1 stands for the root, the pending token. Parents come before their children; siblings differ in their tokens.
 */
public final class DraftTree {

    /** No guesses. */
    public static final DraftTree EMPTY = new DraftTree(new int[0], new int[0]);

    /** Parent of the nodes that follow the pending token directly. */
    public static final int ROOT = -1;

    private final int[] tokens;
    private final int[] parents;

    /**
     * @throws IllegalArgumentException if a parent does not come before its child or siblings repeat a token
     */
    public DraftTree(int[] tokens, int[] parents) {
        if (tokens.length != parents.length) {
            throw new IllegalArgumentException(tokens.length + " tokens but " + parents.length + " parents");
        }
        for (int i = 0; i < tokens.length; i++) {
            if (parents[i] < ROOT || parents[i] >= i) {
                throw new IllegalArgumentException("node " + i + " has parent " + parents[i]);
            }
            for (int j = 0; j < i; j++) {
                if (parents[j] == parents[i] && tokens[j] == tokens[i]) {
                    throw new IllegalArgumentException(
                            "nodes " + j + " and " + i + " are siblings with the same token");
                }
            }
        }
        this.tokens = tokens.clone();
        this.parents = parents.clone();
    }

    /** A chain: each token follows the one before. */
    public static DraftTree chain(int... tokens) {
        return new DraftTree(tokens, IntStream.range(-1, tokens.length - 1).toArray());
    }

    public int size() {
        return tokens.length;
    }

    public int token(int node) {
        return tokens[node];
    }

    public int parent(int node) {
        return parents[node];
    }

    /** Whether each node follows the one before, so that rows lie in order of position. */
    public boolean isChain() {
        for (int i = 0; i < parents.length; i++) {
            if (parents[i] != i - 1) {
                return false;
            }
        }
        return true;
    }

    /** Distance of a node from the root: 1 for its children. */
    public int depth(int node) {
        int depth = 1;
        for (int at = parents[node]; at != ROOT; at = parents[at]) {
            depth++;
        }
        return depth;
    }

    /** The child of a node (or of {@link #ROOT}) that holds a token, or {@link #ROOT} if there is none. */
    public int child(int node, int token) {
        for (int i = node + 1; i < tokens.length; i++) {
            if (parents[i] == node && tokens[i] == token) {
                return i;
            }
        }
        return ROOT;
    }

    /** The first {@code nodes} nodes: parents come first, so any beginning is a tree. */
    public DraftTree truncate(int nodes) {
        return nodes >= tokens.length
                ? this
                : new DraftTree(Arrays.copyOf(tokens, nodes), Arrays.copyOf(parents, nodes));
    }

    /** The nodes up to a depth. */
    public DraftTree limitDepth(int depth) {
        int[] kept = new int[tokens.length];
        int[] keptParents = new int[tokens.length];
        int[] place = new int[tokens.length];
        int count = 0;
        for (int i = 0; i < tokens.length; i++) {
            if (depth(i) <= depth) {
                place[i] = count;
                kept[count] = tokens[i];
                keptParents[count++] = parents[i] == ROOT ? ROOT : place[parents[i]];
            }
        }
        return count == tokens.length
                ? this
                : new DraftTree(Arrays.copyOf(kept, count), Arrays.copyOf(keptParents, count));
    }

    /** Slots of the ancestors of each row, itself last: row 0 is the pending token, row i+1 is node i, slots from a prefix on. */
    public int[][] paths(int prefixLength) {
        int[][] paths = new int[tokens.length + 1][];
        paths[0] = new int[] {prefixLength};
        for (int i = 0; i < tokens.length; i++) {
            int[] parent = paths[parents[i] + 1];
            int[] path = Arrays.copyOf(parent, parent.length + 1);
            path[parent.length] = prefixLength + i + 1;
            paths[i + 1] = path;
        }
        return paths;
    }
}
