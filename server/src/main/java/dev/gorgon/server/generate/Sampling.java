package dev.gorgon.server.generate;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** When a request samples, and with what (LoRAX contract, sections 4.2 and 4.4). */
public final class Sampling {
    private Sampling() {}

    /**
     * The engine's parameters for validated fields. Temperature 0 means greedy whatever else is given, and then no filter
     * applies, so that logprobs are the model's own.
     *
     * @param seed used if the request samples
     * @param stream which of several completions with this seed it is
     * @param logitBias by token id
     */
    public static SamplingParameters parameters(
            SamplingFields fields, int vocabularySize, long seed, int stream, Map<Integer, Float> logitBias) {
        boolean sample = samples(fields);
        float temperature = or(fields.temperature(), 1);
        Integer topK = fields.topK();
        return new SamplingParameters(
                sample,
                sample ? temperature : 1,
                sample && topK != null ? Math.min(topK, vocabularySize) : 0,
                sample ? or(fields.topP(), 1) : 1,
                sample ? or(fields.typicalP(), 1) : 1,
                or(fields.repetitionPenalty(), 1),
                or(fields.frequencyPenalty(), 0),
                or(fields.presencePenalty(), 0),
                fields.watermark(),
                sample ? seed : 0,
                sample ? stream : 0,
                logitBias);
    }

    private static boolean samples(SamplingFields fields) {
        float temperature = or(fields.temperature(), 1);
        return temperature != 0
                && (fields.doSample()
                        || temperature != 1
                        || fields.topK() != null
                        || or(fields.topP(), 1) < 1
                        || or(fields.typicalP(), 1) < 1);
    }

    private static float or(@Nullable Float value, float fallback) {
        return value == null ? fallback : value;
    }
}
