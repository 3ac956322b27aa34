package dev.gorgon.engine.speculate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DraftTreeTest {

    /** The tree of spec medusa.md, Appendix A: choices 0, 1, 00, 01, 10. */
    private static final DraftTree TREE = new DraftTree(new int[] {10, 11, 20, 21, 22}, new int[] {-1, -1, 0, 0, 1});

    @Test
    void pathsAndDepthsOfTheSpecification() {
        int n = 7; // stored positions
        assertThat(TREE.paths(n)).isDeepEqualTo(new int[][] {{7}, {7, 8}, {7, 9}, {7, 8, 10}, {7, 8, 11}, {7, 9, 12}});
        assertThat(new int[] {TREE.depth(0), TREE.depth(1), TREE.depth(2), TREE.depth(3), TREE.depth(4)})
                .containsExactly(1, 1, 2, 2, 2);
        assertThat(TREE.isChain()).isFalse();
    }

    @Test
    void descends() {
        assertThat(TREE.child(DraftTree.ROOT, 11)).isEqualTo(1);
        assertThat(TREE.child(0, 21)).isEqualTo(3);
        assertThat(TREE.child(1, 21)).isEqualTo(DraftTree.ROOT);
        assertThat(TREE.child(DraftTree.ROOT, 20)).isEqualTo(DraftTree.ROOT);
    }

    @Test
    void cuts() {
        assertThat(TREE.truncate(3).size()).isEqualTo(3);
        DraftTree flat = TREE.limitDepth(1);
        assertThat(flat.size()).isEqualTo(2);
        assertThat(flat.token(1)).isEqualTo(11);
        assertThat(DraftTree.chain(1, 2, 3).limitDepth(2).size()).isEqualTo(2);
        assertThat(DraftTree.chain(1, 2, 3).isChain()).isTrue();
        assertThat(DraftTree.EMPTY.isChain()).isTrue();
    }

    @Test
    void refusesWhatIsNotATree() {
        assertThatThrownBy(() -> new DraftTree(new int[] {1, 1}, new int[] {-1, -1}))
                .hasMessageContaining("siblings");
        assertThatThrownBy(() -> new DraftTree(new int[] {1, 2}, new int[] {1, -1}))
                .hasMessageContaining("parent");
        assertThatThrownBy(() -> new DraftTree(new int[] {1}, new int[] {}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void promptLookupContinuesTheLatestRepetition() {
        int[] tokens = {1, 2, 3, 4, 9, 2, 3, 5, 6, 7, 2, 3};
        DraftTree draft = new PromptLookup().draft(tokens, tokens.length, 3);
        assertThat(new int[] {draft.token(0), draft.token(1), draft.token(2)}).containsExactly(5, 6, 7);
        assertThat(new PromptLookup().draft(new int[] {1, 2, 3, 4}, 4, 3).size())
                .isZero();
        assertThat(new PromptLookup().draft(new int[] {1}, 1, 3).size()).isZero();
    }
}
