package dev.gorgon.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BestTreeTest {

    /** Appendix A of the Medusa specification: 1 + .560 + .177 + .036. */
    @Test
    void aTreeOfOneGuessPerHeadIsTheChain() {
        double[][] accuracy = {{0.560}, {0.177 / 0.560}, {0.036 / 0.177}};
        BestTree tree = BestTree.grow(accuracy, 64);
        assertThat(tree.nodes()).containsExactly(List.of(0), List.of(0, 0), List.of(0, 0, 0));
        assertThat(tree.tokensPerStep().getLast()).isCloseTo(1.773, within(1e-9));
    }

    @Test
    void theNeighbourOfLargestValueComesNext() {
        double[][] accuracy = {{0.5, 0.3, 0.1}, {0.4, 0.25, 0.05}};
        BestTree tree = BestTree.grow(accuracy, 6);
        // values: (0) .5, (1) .3, (0,0) .2, (0,1) .125, (1,0) .12, (2) .1
        assertThat(tree.nodes())
                .containsExactly(List.of(0), List.of(1), List.of(0, 0), List.of(0, 1), List.of(1, 0), List.of(2));
        assertThat(tree.tokensPerStep().getLast()).isCloseTo(1 + .5 + .3 + .2 + .125 + .12 + .1, within(1e-12));
    }

    /** With accuracies that fall with the rank, no tree of the same size is better. */
    @Test
    void noOtherTreeIsBetter() {
        Random random = new Random(5);
        for (int round = 0; round < 20; round++) {
            double[][] accuracy = new double[2][3];
            for (double[] head : accuracy) {
                double left = 1;
                double before = 1;
                for (int rank = 0; rank < head.length; rank++) {
                    head[rank] = Math.min(before, left * random.nextDouble());
                    left -= head[rank];
                    before = head[rank];
                }
            }
            int size = 1 + random.nextInt(6);
            assertThat(BestTree.grow(accuracy, size).tokensPerStep().getLast())
                    .isCloseTo(best(accuracy, size), within(1e-12));
        }
    }

    /** All trees with these heads, one after the other. */
    private static double best(double[][] accuracy, int size) {
        List<List<Integer>> paths = new ArrayList<>();
        for (int first = 0; first < accuracy[0].length; first++) {
            paths.add(List.of(first));
            for (int second = 0; second < accuracy[1].length; second++) {
                paths.add(List.of(first, second));
            }
        }
        double best = 0;
        for (int chosen = 0; chosen < 1 << paths.size(); chosen++) {
            if (Integer.bitCount(chosen) != size) {
                continue;
            }
            Set<List<Integer>> tree = new HashSet<>();
            for (int i = 0; i < paths.size(); i++) {
                if ((chosen >> i & 1) == 1) {
                    tree.add(paths.get(i));
                }
            }
            double value = 1;
            boolean whole = true;
            for (List<Integer> path : tree) {
                whole &= path.size() == 1 || tree.contains(path.subList(0, 1));
                double product = 1;
                for (int d = 0; d < path.size(); d++) {
                    product *= accuracy[d][path.get(d)];
                }
                value += product;
            }
            best = whole ? Math.max(best, value) : best;
        }
        return best;
    }
}
