package dev.gorgon.train.heads;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The README.md of an adapter: what it is, what it was trained on, how well its heads guess. */
final class ModelCard {

    private ModelCard() {}

    static String of(TrainingJob job, TrainingReport report) {
        TrainingPlan plan = report.plan();
        HeadShape shape = plan.shape();
        StringBuilder card = new StringBuilder();
        card.append("---\nbase_model: ")
                .append(job.base().name())
                .append("\ntags:\n- medusa\n- speculative-decoding\n---\n\n# Medusa heads for ")
                .append(job.base().name())
                .append("\n\n");
        append(
                card,
                "%d heads with %d residual %s each, version %d (%s)%s. They guess ahead; they never change what is generated.%n%n",
                shape.heads(),
                shape.layers(),
                shape.layers() == 1 ? "block" : "blocks",
                shape.version(),
                shape.ownLmHeads() ? "LM heads of their own" : "sharing the LM head of the model",
                job.base().adapter().isPresent() ? ", trained on top of the LoRA in this folder" : "");
        card.append("## Use\n\n```sh\n")
                .append("curl 127.0.0.1:8080/generate -X POST -H 'Content-Type: application/json' -d"
                        + " '{\"inputs\": \"...\", \"parameters\": {\"adapter_id\": \"/path/to/this/folder\","
                        + " \"adapter_source\": \"local\"}}'\n```\n\n");
        card.append("## Training\n\n");
        append(
                card,
                "%,d conversations with %,d positions, %,d optimizer steps of %,d %s (%.2f epochs)%s. Only the heads were trained.%n%n",
                plan.conversations(),
                plan.positions(),
                report.steps(),
                plan.settings().batch().count(),
                plan.settings().batch().unit().name().toLowerCase(Locale.ROOT),
                (double) report.steps() / plan.stepsPerEpoch(),
                report.stoppedEarly() ? ", stopped early" : "");
        card.append("| setting | value |\n|---|---|\n");
        for (Map.Entry<String, String> setting : job.command().entrySet()) {
            append(card, "| %s | %s |%n", setting.getKey(), cell(setting.getValue()));
        }
        card.append('\n');
        if (report.evaluations().isEmpty()) {
            card.append("No conversations were held out, so there are no figures on unseen ones.\n\n");
        } else {
            evaluation(card, report.evaluations().getLast(), plan.heldOutPositions());
        }
        card.append(
                "`gorgon eval-heads` measures what they gain where it counts: tokens per step and time in the server.\n");
        return card.toString();
    }

    private static void evaluation(StringBuilder card, EvaluationMetrics last, long positions) {
        append(
                card,
                "## Held-out conversations\n\n%,d positions that were not trained on, after step %,d.%n%n",
                positions,
                last.step());
        card.append("| head | loss | top-1 | top-3 | top-5 | top-10 |\n|---|---|---|---|---|---|\n");
        for (int i = 0; i < last.heads().size(); i++) {
            EvaluationMetrics.Head head = last.heads().get(i);
            List<Double> top = head.topK();
            append(
                    card,
                    "| %d | %.3f | %.1f %% | %.1f %% | %.1f %% | %.1f %% |%n",
                    i,
                    head.loss(),
                    100 * top.get(0),
                    100 * top.get(2),
                    100 * top.get(4),
                    100 * top.get(9));
        }
        card.append('\n');
    }

    private static void append(StringBuilder card, String format, Object... values) {
        card.append(String.format(Locale.ROOT, format, values));
    }

    private static String cell(String value) {
        return value.replace("|", "\\|").replace("\n", " ");
    }
}
