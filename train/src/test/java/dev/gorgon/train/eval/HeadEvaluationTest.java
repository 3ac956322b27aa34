package dev.gorgon.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.text.ChatTemplates;
import dev.gorgon.kernels.WeightFormat;
import dev.gorgon.train.data.ReadSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The demonstration model's heads on conversations that they were not trained on. */
class HeadEvaluationTest {

    /** A few sequences always have room for all their guesses. */
    private static final double ALONE = 1e-12;

    private static Path embedded(String name) {
        return EmbeddedDemo.folder(name).orElseThrow();
    }

    private static EvaluationJob job(String heads, Optional<Path> lora, Set<String> ids, int limit) {
        Path model = embedded("stheno-8m");
        return new EvaluationJob(
                new EvaluationJob.Model(
                        "stheno-8m", model, ChatTemplates.read(model).orElseThrow()),
                new EvaluationJob.Heads(heads, embedded(heads), lora),
                new EvaluationJob.Data(
                        EmbeddedDemo.data().resolve("prompts-sharegpt.json"), ReadSettings.STRICT, ids, limit),
                new EvaluationJob.Settings(96, 1, 4),
                new EvaluationJob.Machine("auto", WeightFormat.BF16, 2));
    }

    private static Set<String> heldOut() throws IOException {
        return Files.readAllLines(EmbeddedDemo.data().resolve("held-out.txt")).stream()
                .collect(Collectors.toSet());
    }

    /** @param tolerance where a step of a full batch may have no room for every guess */
    private static void agree(EvaluationReport report, double tolerance) {
        assertThat(report.exact()).isTrue();
        for (EvaluationReport.Domain domain : report.domains()) {
            // the heads are computed here once more, row by row of whole answers: the engine must have drafted the same
            assertThat(domain.chainWalked()).as(domain.name()).isCloseTo(domain.chainEngine(), within(tolerance));
        }
    }

    @Test
    void whatIsCountedIsWhatTheEngineDoes() throws IOException {
        EvaluationReport report = HeadEvaluation.run(
                job("stheno-8m-medusa", Optional.empty(), heldOut(), 24), (phase, done, total) -> {});
        agree(report, 0.05);
        assertThat(report.subject().prompts()).isEqualTo(24);
        assertThat(report.domains()).hasSizeGreaterThan(2);
        EvaluationReport.Domain all = report.all();
        assertThat(all.chainEngine()).isGreaterThan(2.0);
        assertThat(all.heads().get(0).labels()).isEqualTo(all.tokens() - all.answers());
        assertThat(all.heads().get(0).cumulative().getFirst()).isGreaterThan(0.5);
        assertThat(report.tree().nodes()).hasSize(64);
        assertThat(report.tree().walked().getLast()).isGreaterThan(all.chainWalked());
        assertThat(all.measured()).hasSize(1);
    }

    @Test
    void headsOfVersionOneAndLorasAreEvaluatedAsTheyAreServed() throws IOException {
        agree(
                HeadEvaluation.run(
                        job("stheno-8m-medusa-v1", Optional.empty(), heldOut(), 4), (phase, done, total) -> {}),
                ALONE);
        agree(
                HeadEvaluation.run(
                        job("stheno-8m-medusa", Optional.of(embedded("stheno-8m-pirate-lora")), heldOut(), 4),
                        (phase, done, total) -> {}),
                ALONE);
        agree(
                HeadEvaluation.run(
                        job("stheno-8m-pirate-lora-medusa", Optional.empty(), heldOut(), 4),
                        (phase, done, total) -> {}),
                ALONE);
    }

    @Test
    void mistakesAreTold() {
        assertThatThrownBy(() -> HeadEvaluation.run(
                        job("stheno-8m-pirate-lora", Optional.empty(), Set.of(), 1), (phase, done, total) -> {}))
                .hasMessageContaining("holds no Medusa heads");
        assertThatThrownBy(() -> HeadEvaluation.run(
                        job("stheno-8m-medusa", Optional.empty(), Set.of("nobody-1"), 1), (phase, done, total) -> {}))
                .hasMessageContaining("none of the 1 ids");
        assertThatThrownBy(() -> HeadEvaluation.run(
                        job(
                                "stheno-8m-pirate-lora-medusa",
                                Optional.of(embedded("stheno-8m-pirate-lora")),
                                Set.of(),
                                1),
                        (phase, done, total) -> {}))
                .hasMessageContaining("LoRA of its own");
    }
}
