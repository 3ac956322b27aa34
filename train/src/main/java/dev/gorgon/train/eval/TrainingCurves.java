package dev.gorgon.train.eval;

import dev.gorgon.train.heads.EvaluationMetrics;
import dev.gorgon.train.heads.StepMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a training went.
 *
 * @param log means over logging intervals, in order of steps
 * @param evaluations on held-out conversations, in order of steps
 */
public record TrainingCurves(List<StepMetrics> log, List<EvaluationMetrics> evaluations) {

    private static final long MAX_BYTES = 256L << 20;

    public TrainingCurves {
        log = List.copyOf(log);
        evaluations = List.copyOf(evaluations);
    }

    /** The curves in the {@code training.json} of an adapter's folder; empty if it has none, or one of another program. */
    public static Optional<TrainingCurves> read(Path folder) {
        Path file = folder.resolve("training.json");
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            JsonMapper mapper = JsonMapper.shared();
            JsonNode root = mapper.readTree(Files.readAllBytes(file));
            TrainingCurves curves = new TrainingCurves(
                    List.of(mapper.treeToValue(root.path("log"), StepMetrics[].class)),
                    List.of(mapper.treeToValue(root.path("evaluations"), EvaluationMetrics[].class)));
            return curves.log.isEmpty() && curves.evaluations.isEmpty() ? Optional.empty() : Optional.of(curves);
        } catch (IOException | JacksonException | NullPointerException e) {
            return Optional.empty();
        }
    }
}
