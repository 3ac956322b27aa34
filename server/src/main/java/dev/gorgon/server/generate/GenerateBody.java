package dev.gorgon.server.generate;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The body of a generate request, typed but not yet validated (LoRAX contract, section 1.4). Null stands for a parameter that
 * was not given.
 *
 * @param inputs the prompt
 * @param stream whether {@code /} answers with events
 */
public record GenerateBody(
        String inputs,
        AdapterFields adapter,
        SamplingFields sampling,
        LengthFields length,
        OutputFields output,
        boolean stream) {

    /** Which weights answer. */
    public record AdapterFields(
            @Nullable String adapterId,
            @Nullable String adapterSource,
            @Nullable MergeFields merged,
            @Nullable String apiToken) {}

    /** The {@code merged_adapters} object (LoRAX contract, section 2.4). */
    public record MergeFields(
            List<String> ids,
            List<Float> weights,
            @Nullable String mergeStrategy,
            float density,
            @Nullable String majoritySignMethod) {}

    /**
     * How tokens are chosen.
     *
     * @param bestOf unsigned
     * @param seed unsigned
     */
    public record SamplingFields(
            boolean doSample,
            @Nullable Long bestOf,
            @Nullable Float temperature,
            @Nullable Integer topK,
            @Nullable Float topP,
            @Nullable Float typicalP,
            @Nullable Float repetitionPenalty,
            @Nullable Float frequencyPenalty,
            @Nullable Float presencePenalty,
            boolean watermark,
            @Nullable Long seed) {

        /** Whether any parameter that implies sampling was given at all (rule 4). */
        boolean mentionsSampling() {
            return doSample || temperature != null || topK != null || topP != null || typicalP != null;
        }
    }

    /**
     * When generation ends, and how much of the prompt counts.
     *
     * @param maxNewTokens unsigned 32 bits
     * @param truncate unsigned
     * @param speculativeTokens unsigned 32 bits; Gorgon's own parameter
     */
    public record LengthFields(
            @Nullable Long maxNewTokens,
            boolean ignoreEos,
            List<String> stop,
            @Nullable Long truncate,
            @Nullable Long speculativeTokens) {}

    /** What the answer shows. */
    public record OutputFields(
            @Nullable Boolean returnFullText,
            boolean details,
            boolean promptDetails,
            @Nullable Integer alternatives,
            boolean constrained) {

        /** Whether the answer carries the {@code details} object. */
        public boolean wantsDetails() {
            return details || promptDetails;
        }
    }

    /** The same for another prompt. */
    public GenerateBody withInputs(String prompt) {
        return new GenerateBody(prompt, adapter, sampling, length, output, stream);
    }

    /** What is put before the generated text: the prompt, if asked for. */
    public String textPrefix() {
        return Optional.ofNullable(output.returnFullText()).orElse(false) ? inputs : "";
    }
}
