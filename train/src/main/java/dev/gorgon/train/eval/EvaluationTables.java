package dev.gorgon.train.eval;

import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** An evaluation as a page of Markdown tables, for terminals and READMEs. */
public final class EvaluationTables {

    private static final List<Integer> SIZES = List.of(1, 2, 3, 4, 7, 15, 31, 63);
    private static final List<Integer> TOPS = List.of(1, 2, 3, 5, 10);

    private EvaluationTables() {}

    /** The page. */
    public static String of(EvaluationReport report) {
        StringBuilder page = new StringBuilder();
        EvaluationReport.Subject subject = report.subject();
        line(
                page,
                "%s, heads of %s%s: %d prompts of %d conversations of %s%s, greedy answers of up to %d tokens",
                subject.model(),
                subject.adapter(),
                subject.lora().isEmpty() ? "" : " with the LoRA " + subject.lora(),
                subject.prompts(),
                subject.conversations(),
                subject.data(),
                subject.skipped() == 0 ? "" : " (" + subject.skipped() + " could not be answered)",
                subject.maxTokens());
        accuracies(page, report);
        line(page, "");
        line(page, "| prompts | answers | tokens | chain, independent | chain, counted | chain, engine |");
        line(page, "|---|---|---|---|---|---|");
        for (EvaluationReport.Domain domain : report.domains()) {
            line(
                    page,
                    "| %s | %d | %,d | %.3f | %.3f | %.3f |",
                    domain.name(),
                    domain.answers(),
                    domain.tokens(),
                    domain.chainExpected(),
                    domain.chainWalked(),
                    domain.chainEngine());
        }
        line(page, "");
        tree(page, report.tree());
        measured(page, report);
        return page.toString();
    }

    private static void accuracies(StringBuilder page, EvaluationReport report) {
        line(page, "");
        line(page, "| prompts | head | labels | top-1 | top-2 | top-3 | top-5 | top-10 |");
        line(page, "|---|---|---|---|---|---|---|---|");
        for (EvaluationReport.Domain domain : report.domains()) {
            for (int head = 0; head < domain.heads().size(); head++) {
                EvaluationReport.Head figures = domain.heads().get(head);
                StringBuilder row =
                        new StringBuilder(format("| %s | %d | %,d |", domain.name(), head, figures.labels()));
                for (int top : TOPS) {
                    row.append(format(" %.1f %% |", 100 * figures.cumulative().get(top - 1)));
                }
                line(page, "%s", row);
            }
        }
    }

    private static void tree(StringBuilder page, EvaluationReport.Tree tree) {
        List<Integer> sizes =
                SIZES.stream().filter(size -> size <= tree.nodes().size()).toList();
        line(page, "| best tree of n nodes, tokens per step |%s", cells(sizes, size -> " " + size + " |"));
        line(page, "|---|%s", cells(sizes, size -> "---|"));
        line(
                page,
                "| if heads were independent |%s",
                cells(sizes, size -> format(" %.2f |", tree.expected().get(size - 1))));
        line(
                page,
                "| counted on the answers |%s",
                cells(sizes, size -> format(" %.2f |", tree.walked().get(size - 1))));
    }

    private static String cells(List<Integer> sizes, IntFunction<String> cell) {
        return String.join("", sizes.stream().map(cell::apply).toList());
    }

    private static void measured(StringBuilder page, EvaluationReport report) {
        if (IntStream.range(0, report.domains().size())
                .allMatch(i -> report.domains().get(i).measured().isEmpty())) {
            return;
        }
        line(page, "");
        line(
                page,
                "measured in the engine (%s), one request at a time, medians of %d runs:",
                report.subject().backend(),
                report.subject().runs());
        line(page, "");
        line(page, "| prompts | measured | tokens/step | tokens/s off | tokens/s on | speed-up | of decoding alone |");
        line(page, "|---|---|---|---|---|---|---|");
        for (EvaluationReport.Domain domain : report.domains()) {
            for (EvaluationReport.Speed speed : domain.measured()) {
                line(
                        page,
                        "| %s | %d | %.2f | %.1f | %.1f | %.2f | %.2f |",
                        domain.name(),
                        speed.prompts(),
                        speed.tokensPerStep(),
                        speed.tokensPerSecondOff(),
                        speed.tokensPerSecondOn(),
                        speed.speedUp(),
                        speed.decodingSpeedUp());
            }
        }
        line(page, "");
        line(
                page,
                report.exact()
                        ? "Every answer was the same token by token, with speculation and without."
                        : "SOME ANSWERS WERE NOT THE SAME with speculation and without: that is an error of this program.");
    }

    private static void line(StringBuilder page, String format, Object... values) {
        page.append(format(format, values)).append('\n');
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
