package dev.gorgon.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerRanksTest {

    /** Six tokens, two heads; ten stands for a guess that is not among the ten likeliest. */
    private static final AnswerRanks ANSWER = new AnswerRanks("d", 6, new byte[][] {{0, 1, 0, 10, 2}, {0, 0, 3, 0}});

    @Test
    void headsHaveALabelOnlyWhereTheAnswerGoesOn() {
        assertThat(ANSWER.labels(0)).isEqualTo(5);
        assertThat(ANSWER.labels(1)).isEqualTo(4);
        assertThat(new AnswerRanks("", 1, new byte[2][0]).labels(1)).isZero();
        RankCounts counts = new RankCounts(2);
        counts.add(ANSWER);
        counts.add(ANSWER);
        EvaluationReport.Head first = counts.heads().get(0);
        assertThat(first.labels()).isEqualTo(10);
        assertThat(first.hits()).startsWith(4L, 2L, 2L, 0L);
        assertThat(first.marginal().get(1)).isCloseTo(0.2, within(1e-12));
        assertThat(first.cumulative().get(9)).isCloseTo(0.8, within(1e-12));
        EvaluationReport.Head second = counts.heads().get(1);
        assertThat(second.labels()).isEqualTo(8);
        assertThat(second.cumulative().get(0)).isCloseTo(0.75, within(1e-12));
    }

    /** Rows 0, 3, 4, 5: three tokens, then one by one; the last token needs no guess. */
    @Test
    void chainsTakeWhatTheFirstGuessesHold() {
        assertThat(ANSWER.chainSteps()).isEqualTo(4);
        assertThat(new AnswerRanks("", 3, new byte[][] {{0, 0}, {0}}).chainSteps())
                .isEqualTo(1);
        assertThat(new AnswerRanks("", 1, new byte[2][0]).chainSteps()).isEqualTo(1);
    }

    @Test
    void treesTakeAPathThatTheyHave() {
        Set<List<Integer>> chain = Set.of(List.of(0), List.of(0, 0));
        assertThat(ANSWER.treeSteps(chain)).isEqualTo(ANSWER.chainSteps());
        // row 4 guesses the last token with its third rank
        assertThat(ANSWER.treeSteps(Set.of(List.of(0), List.of(0, 0), List.of(1), List.of(2))))
                .isEqualTo(3);
    }

    @Test
    void domainsAreWhatStandsBeforeTheNumber() {
        assertThat(EvaluationPrompt.domain("math-12")).isEqualTo("math");
        assertThat(EvaluationPrompt.domain("my_code_0007")).isEqualTo("my_code");
        assertThat(EvaluationPrompt.domain("row-4-ab12cd")).isEqualTo("row");
        assertThat(EvaluationPrompt.domain("sql3")).isEqualTo("sql");
        assertThat(EvaluationPrompt.domain("42")).isEmpty();
        assertThat(EvaluationPrompt.domain("nothing")).isEmpty();
    }
}
