package dev.gorgon.train.eval;

import dev.gorgon.train.heads.EvaluationMetrics;
import dev.gorgon.train.heads.StepMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** One self-contained HTML file about a training, an evaluation, or both. */
public final class HtmlReport {

    private static final int COLOURS = 8;
    private static final List<Integer> SIZES = List.of(1, 2, 3, 4, 7, 15, 31, 63);

    private HtmlReport() {}

    /**
     * The page.
     *
     * @param title of the adapter
     * @param training its curves, if they are known
     * @param evaluation its evaluation, if there was one
     */
    public static String of(String title, Optional<TrainingCurves> training, Optional<EvaluationReport> evaluation) {
        StringBuilder body = new StringBuilder("<h1>Medusa heads: " + Html.text(title) + "</h1>\n");
        evaluation.ifPresent(report -> evaluated(body, report));
        training.ifPresent(curves -> trained(body, curves));
        return Html.page("Medusa heads: " + title, body.toString());
    }

    private static void evaluated(StringBuilder body, EvaluationReport report) {
        EvaluationReport.Subject subject = report.subject();
        EvaluationReport.Domain all = report.all();
        body.append(
                "<p class=soft>%s%s · %s · %,d prompts of %s · greedy answers of up to %d tokens, %,d tokens in all</p>\n"
                        .formatted(
                                Html.text(subject.model()),
                                subject.lora().isEmpty() ? "" : " with the LoRA " + Html.text(subject.lora()),
                                Html.text(subject.backend()),
                                subject.prompts(),
                                Html.text(subject.data()),
                                subject.maxTokens(),
                                all.tokens()));
        if (!report.exact()) {
            body.append("<p class=warn>Some answers were not the same with speculation and without."
                    + " That is an error of this program.</p>\n");
        }
        body.append("<div class=tiles>");
        for (EvaluationReport.Speed speed : all.measured()) {
            body.append(Html.tile(format("%.2f×", speed.speedUp()), "faster, measured, prompts included"));
            body.append(Html.tile(format("%.2f×", speed.decodingSpeedUp()), "faster while decoding"));
            body.append(Html.tile(format("%.2f", speed.tokensPerStep()), "tokens per step as it is served"));
        }
        body.append(Html.tile(format("%.2f", all.chainEngine()), "tokens per step when every head always guesses"));
        body.append(Html.tile(
                format("%.1f %%", 100 * all.heads().getFirst().cumulative().getFirst()), "top-1 of the first head"));
        body.append("</div>\n");
        speeds(body, report);
        accuracies(body, report);
        trees(body, report);
    }

    private static void speeds(StringBuilder body, EvaluationReport report) {
        double most = 1;
        for (EvaluationReport.Domain domain : report.domains()) {
            for (EvaluationReport.Speed speed : domain.measured()) {
                most = Math.max(most, speed.speedUp());
            }
        }
        double longest = report.domains().stream()
                .mapToDouble(EvaluationReport.Domain::chainEngine)
                .max()
                .orElse(1);
        List<List<String>> rows = new ArrayList<>();
        for (EvaluationReport.Domain domain : report.domains()) {
            List<String> row = new ArrayList<>(List.of(
                    Html.text(domain.name()),
                    format("%,d", domain.answers()),
                    Html.bar(format("%.2f", domain.chainEngine()), domain.chainEngine() / longest)));
            Optional<EvaluationReport.Speed> measured =
                    domain.measured().stream().findFirst();
            row.add(measured.map(speed -> format("%.2f", speed.tokensPerStep())).orElse("–"));
            row.add(measured.map(speed -> format("%,.0f", speed.tokensPerSecondOff()))
                    .orElse("–"));
            row.add(measured.map(speed -> format("%,.0f", speed.tokensPerSecondOn()))
                    .orElse("–"));
            double scale = most;
            row.add(measured.map(speed -> Html.bar(format("%.2f×", speed.speedUp()), speed.speedUp() / scale))
                    .orElse("–"));
            row.add(measured.map(speed -> format("%.2f×", speed.decodingSpeedUp()))
                    .orElse("–"));
            rows.add(row);
        }
        body.append("<h2>Gain in the engine</h2>\n<p class=soft>One request at a time, with speculation and without in"
                        + " turn, medians of ")
                .append(report.subject().runs())
                .append(
                        " runs. Served: the engine drafts as much as pays. Chain: every head guesses in every step.</p>\n");
        body.append(Html.table(
                List.of(
                        "prompts",
                        "answers",
                        "tokens/step, chain",
                        "served",
                        "tokens/s off",
                        "tokens/s on",
                        "speed-up",
                        "decoding"),
                rows));
    }

    private static void accuracies(StringBuilder body, EvaluationReport report) {
        List<EvaluationReport.Head> heads = report.all().heads();
        SvgChart within = new SvgChart("Right within the k likeliest tokens", "k", "share of labels", true);
        List<Double> ranks = IntStream.rangeClosed(1, RankCounts.RANKS)
                .mapToObj(Double::valueOf)
                .toList();
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < heads.size(); i++) {
            EvaluationReport.Head head = heads.get(i);
            within.add(new SvgChart.Series("head " + i, ranks, head.cumulative(), i % COLOURS, false));
            List<String> row = new ArrayList<>(List.of("head " + i, format("%,d", head.labels())));
            head.cumulative().forEach(share -> row.add(format("%.1f", 100 * share)));
            rows.add(row);
        }
        SvgChart domains = new SvgChart("Top-1 by domain and head", "head", "share of labels", true);
        for (int d = 1; d < report.domains().size(); d++) {
            EvaluationReport.Domain domain = report.domains().get(d);
            List<Double> x = IntStream.range(0, domain.heads().size())
                    .mapToObj(Double::valueOf)
                    .toList();
            List<Double> y = domain.heads().stream()
                    .map(head -> head.cumulative().getFirst())
                    .toList();
            domains.add(new SvgChart.Series(domain.name(), x, y, (d - 1) % COLOURS, d > COLOURS));
        }
        body.append(
                        "<h2>Accuracy</h2>\n<p class=soft>On the model's own greedy answers; only positions that have a token"
                                + " at the head's distance count.</p>\n<div class=charts>")
                .append(within.html());
        if (!domains.isEmpty()) {
            body.append(domains.html());
        }
        body.append("</div>\n<p></p>");
        List<String> header = new ArrayList<>(List.of("all prompts, %", "labels"));
        ranks.forEach(k -> header.add("top-" + k.intValue()));
        body.append(Html.table(header, rows));
    }

    private static void trees(StringBuilder body, EvaluationReport report) {
        EvaluationReport.Tree tree = report.tree();
        List<Double> sizes = IntStream.rangeClosed(1, tree.nodes().size())
                .mapToObj(Double::valueOf)
                .toList();
        SvgChart chart = new SvgChart("Best tree of n nodes", "nodes", "tokens per step", false)
                .add(new SvgChart.Series("counted on the answers", sizes, tree.walked(), 0, false))
                .add(new SvgChart.Series("if heads were independent", sizes, tree.expected(), 1, true));
        List<List<String>> rows = new ArrayList<>();
        for (int size : SIZES) {
            if (size <= tree.nodes().size()) {
                rows.add(List.of(
                        String.valueOf(size),
                        format("%.3f", tree.walked().get(size - 1)),
                        format("%.3f", tree.expected().get(size - 1)),
                        Html.text(String.valueOf(tree.nodes().get(size - 1)))));
            }
        }
        EvaluationReport.Domain all = report.all();
        body.append("<h2>What a tree would bring</h2>\n<p class=soft>"
                        + format(
                                "A chain of all heads: %.3f tokens per step counted on the answers, %.3f if heads were"
                                        + " right independently of each other.",
                                all.chainWalked(), all.chainExpected()))
                .append("</p>\n<div class=charts>")
                .append(chart.html())
                .append("<div>")
                .append(Html.table(List.of("nodes", "counted", "independent", "last node"), rows))
                .append("</div></div>\n");
    }

    private static void trained(StringBuilder body, TrainingCurves curves) {
        SvgChart loss = new SvgChart("Loss", "step", "sum over heads", false);
        List<Double> steps =
                curves.log().stream().map(step -> (double) step.step()).toList();
        loss.add(new SvgChart.Series(
                "training", steps, curves.log().stream().map(StepMetrics::loss).toList(), 0, false));
        List<Double> evaluated =
                curves.evaluations().stream().map(each -> (double) each.step()).toList();
        loss.add(new SvgChart.Series(
                "held out",
                evaluated,
                curves.evaluations().stream().map(EvaluationMetrics::loss).toList(),
                1,
                true));
        SvgChart heads = new SvgChart("Top-1 of the heads; dashed: held out", "step", "share of labels", true);
        SvgChart losses = new SvgChart("Loss of the heads; dashed: held out", "step", "cross entropy", false);
        int count = curves.log().isEmpty()
                ? curves.evaluations().getFirst().heads().size()
                : curves.log().getFirst().heads().size();
        for (int i = 0; i < count; i++) {
            int head = i;
            String name = "head " + i;
            heads.add(new SvgChart.Series(
                    name,
                    steps,
                    curves.log().stream()
                            .map(step -> step.heads().get(head).top1())
                            .toList(),
                    i % COLOURS,
                    false));
            heads.add(new SvgChart.Series(
                    name,
                    evaluated,
                    curves.evaluations().stream()
                            .map(each -> each.heads().get(head).topK().getFirst())
                            .toList(),
                    i % COLOURS,
                    true));
            losses.add(new SvgChart.Series(
                    name,
                    steps,
                    curves.log().stream()
                            .map(step -> step.heads().get(head).loss())
                            .toList(),
                    i % COLOURS,
                    false));
            losses.add(new SvgChart.Series(
                    name,
                    evaluated,
                    curves.evaluations().stream()
                            .map(each -> each.heads().get(head).loss())
                            .toList(),
                    i % COLOURS,
                    true));
        }
        SvgChart rate = new SvgChart("Learning rate", "step", "", false);
        rate.add(new SvgChart.Series(
                "learning rate",
                steps,
                curves.log().stream().map(StepMetrics::learningRate).toList(),
                2,
                false));
        body.append("<h2>Training</h2>\n<div class=charts>");
        for (SvgChart chart : List.of(loss, heads, losses, rate)) {
            if (!chart.isEmpty()) {
                body.append(chart.html());
            }
        }
        body.append("</div>\n");
        lastEvaluation(body, curves);
    }

    private static void lastEvaluation(StringBuilder body, TrainingCurves curves) {
        if (curves.evaluations().isEmpty()) {
            return;
        }
        EvaluationMetrics last = curves.evaluations().getLast();
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("held out, after step " + last.step(), "labels", "loss"));
        IntStream.rangeClosed(1, last.heads().getFirst().topK().size()).forEach(k -> header.add("top-" + k + ", %"));
        for (int i = 0; i < last.heads().size(); i++) {
            EvaluationMetrics.Head head = last.heads().get(i);
            List<String> row =
                    new ArrayList<>(List.of("head " + i, format("%,d", head.labels()), format("%.3f", head.loss())));
            head.topK().forEach(share -> row.add(format("%.1f", 100 * share)));
            rows.add(row);
        }
        body.append("<p></p>").append(Html.table(header, rows));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
