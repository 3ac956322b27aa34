package dev.gorgon.train.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.train.heads.EvaluationMetrics;
import dev.gorgon.train.heads.StepMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class HtmlReportTest {

    private static TrainingCurves curves() {
        List<StepMetrics> log = new ArrayList<>();
        List<EvaluationMetrics> evaluations = new ArrayList<>();
        for (int step = 1; step <= 2000; step++) {
            List<StepMetrics.Head> heads =
                    List.of(new StepMetrics.Head(4.0 / step, 0.5, 100), new StepMetrics.Head(5.0 / step, 0.4, 90));
            log.add(new StepMetrics(step, step / 100.0, 1e-3, 1.0, 9.0 / step, heads));
            if (step % 500 == 0) {
                List<EvaluationMetrics.Head> held = Collections.nCopies(
                        2, new EvaluationMetrics.Head(4.5 / step, Collections.nCopies(10, 0.45), 40));
                evaluations.add(new EvaluationMetrics(step, step / 100.0, 9.5 / step, held));
            }
        }
        return new TrainingCurves(log, evaluations);
    }

    private static EvaluationReport report() {
        AnswerRanks answer = new AnswerRanks("<math>", 6, new byte[][] {{0, 1, 0, 10, 2}, {0, 0, 3, 0}});
        RankCounts counts = new RankCounts(2);
        counts.add(answer);
        EvaluationReport.Speed speed = new EvaluationReport.Speed(1, 1.5, 0.7, 100, 170, 1.7, 1.8, List.of(1.7));
        EvaluationReport.Domain domain =
                new EvaluationReport.Domain("<math>", 1, 6, counts.heads(), 1.5, 1.5, 1.5, List.of(speed));
        EvaluationReport.Subject subject =
                new EvaluationReport.Subject("model", "heads & more", "", "cpu", 2, "data.json", 1, 1, 0, 64, 1);
        BestTree tree = BestTree.grow(counts.marginal(), 8);
        return new EvaluationReport(
                subject,
                List.of(domain, domain),
                new EvaluationReport.Tree(tree.nodes(), tree.tokensPerStep(), tree.tokensPerStep()),
                true);
    }

    @Test
    void pagesNeedNothingElseAndEscapeWhatTheyShow() {
        String page = HtmlReport.of("a<b>", Optional.of(curves()), Optional.of(report()));
        assertThat(page)
                .startsWith("<!doctype html>")
                .contains("a&lt;b&gt;", "&lt;math&gt;", "1.70×", "<polyline", "prefers-color-scheme:dark")
                .doesNotContain("<math>", "a<b>", "<script", "src=", "href=", "http:", "https:", "NaN");
        // thousands of steps are drawn with at most 800 points a line
        assertThat(page.length()).isLessThan(200_000);
    }

    @Test
    void curvesComeBackFromTheTrainingsFile(@TempDir Path folder) throws IOException {
        assertThat(TrainingCurves.read(folder)).isEmpty();
        Path file = folder.resolve("training.json");
        Files.writeString(file, "{\"log\": 3}");
        assertThat(TrainingCurves.read(folder)).isEmpty();
        TrainingCurves curves = curves();
        Files.writeString(
                file,
                JsonMapper.shared()
                        .writeValueAsString(Map.of(
                                "command",
                                Map.of("a", "b"),
                                "log",
                                curves.log(),
                                "evaluations",
                                curves.evaluations())));
        assertThat(TrainingCurves.read(folder)).contains(curves);
    }

    @Test
    void tablesHaveEveryFigure() {
        assertThat(EvaluationTables.of(report()))
                .contains("| <math> | 0 | 5 | 40.0 % | 60.0 % | 80.0 % | 80.0 % | 80.0 % |")
                .contains("| <math> | 1 | 1.50 | 100.0 | 170.0 | 1.70 | 1.80 |")
                .contains("Every answer was the same");
    }

    @Test
    void theGainGoesIntoTheModelCardOnce() {
        String card = "# Heads\n\nWords.\n";
        String once = MeasuredGain.in(card, report());
        assertThat(once).startsWith(card).contains("## Measured gain", "| prompts | head |");
        String behind = once + "More words.\n";
        assertThat(MeasuredGain.in(behind, report())).isEqualTo(behind);
        assertThat(MeasuredGain.in("", report())).doesNotStartWith("\n").contains("## Measured gain");
    }
}
