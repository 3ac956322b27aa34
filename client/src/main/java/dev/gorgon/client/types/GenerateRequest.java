package dev.gorgon.client.types;

import dev.gorgon.client.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A prompt and how to continue it (LoRAX contract, section 1.4). Immutable; what a builder was not told is left to the server,
 * except for details, which are on as in LoRAX's Python client.
 */
public final class GenerateRequest {
    private final String prompt;
    private final AdapterParameters adapter;
    private final SamplingParameters sampling;
    private final LengthParameters length;
    private final OutputParameters output;

    private GenerateRequest(Builder builder) {
        Rules.refuseIf(builder.prompt.isEmpty(), "`inputs` cannot be empty");
        prompt = builder.prompt;
        adapter = builder.adapter();
        sampling = builder.sampling();
        length = builder.length();
        output = builder.output();
    }

    /** A request, parameter by parameter. */
    public static Builder builder(String prompt) {
        return new Builder(prompt);
    }

    /** A request without parameters. */
    public static GenerateRequest of(String prompt) {
        return builder(prompt).build();
    }

    /** What is to be continued. */
    public String prompt() {
        return prompt;
    }

    /**
     * Nothing, if the answer can be streamed.
     *
     * @throws dev.gorgon.client.error.ValidationException if it cannot
     */
    public void requireStreamable() {
        Integer bestOf = sampling.bestOf();
        Rules.refuseIf(bestOf != null && bestOf > 1, "`best_of` != 1 is not supported when streaming tokens");
        Rules.refuseIf(
                output.decoderInputDetails(), "`decoder_input_details` == true is not supported when streaming tokens");
    }

    /** The body as it is sent. It may hold a credential. */
    public String json() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        adapter.into(parameters);
        sampling.into(parameters);
        length.into(parameters);
        output.into(parameters);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("inputs", prompt);
        body.put("parameters", parameters);
        return Json.write(body);
    }

    /** Only how long the prompt is: prompts and credentials do not belong into logs. */
    @Override
    public String toString() {
        return "GenerateRequest[prompt of " + prompt.length() + " characters]";
    }

    /** Collects parameters; each can be set once more, the last value counts. */
    public static final class Builder {
        private final String prompt;
        private @Nullable String adapterId;
        private @Nullable AdapterSource adapterSource;
        private @Nullable MergedAdapters mergedAdapters;
        private @Nullable String apiToken;
        private boolean doSample;
        private @Nullable Integer bestOf;
        private @Nullable Double repetitionPenalty;
        private @Nullable Double frequencyPenalty;
        private @Nullable Double presencePenalty;
        private @Nullable Long seed;
        private @Nullable Double temperature;
        private @Nullable Integer topK;
        private @Nullable Double topP;
        private @Nullable Double typicalP;
        private boolean watermark;
        private @Nullable Integer maxNewTokens;
        private boolean ignoreEosToken;
        private @Nullable Integer truncate;
        private @Nullable Integer speculativeTokens;
        private boolean returnFullText;
        private boolean details = true;
        private boolean decoderInputDetails;
        private @Nullable Integer returnKAlternatives;
        private @Nullable ResponseFormat responseFormat;
        private final List<String> stopSequences = new ArrayList<>();

        private Builder(String prompt) {
            this.prompt = prompt;
        }

        /** The adapter that answers; the server's default if not set. {@code __base_model__} means none. */
        public Builder adapterId(String value) {
            adapterId = value;
            return this;
        }

        /** Where the adapter comes from; the server's default if not set. */
        public Builder adapterSource(AdapterSource value) {
            adapterSource = value;
            return this;
        }

        /** Several adapters that answer as one, instead of {@link #adapterId}. */
        public Builder mergedAdapters(MergedAdapters value) {
            mergedAdapters = value;
            return this;
        }

        /** The credential that fetches a private adapter from its source. The client's own key is for the server. */
        public Builder apiToken(String value) {
            apiToken = value;
            return this;
        }

        /**
         * Whether tokens are drawn at random and not always the likeliest; also turned on by the parameters that only
         * make sense so.
         */
        public Builder doSample(boolean whether) {
            doSample = whether;
            return this;
        }

        /**
         * Generates so many texts and answers with the likeliest; needs sampling, goes without a seed and without
         * streaming.
         */
        public Builder bestOf(int value) {
            bestOf = value;
            return this;
        }

        /** Divides the logits of tokens that were there; above 0, 1 has no effect. */
        public Builder repetitionPenalty(double value) {
            repetitionPenalty = value;
            return this;
        }

        /** Lowers tokens by how often they were generated; −2 to 2, 0 has no effect. */
        public Builder frequencyPenalty(double value) {
            frequencyPenalty = value;
            return this;
        }

        /** Lowers tokens that were generated at all; −2 to 2, 0 has no effect. */
        public Builder presencePenalty(double value) {
            presencePenalty = value;
            return this;
        }

        /** Makes the draw repeatable; all 64 bits count, as an unsigned number. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Flattens (above 1) or sharpens (below 1) the distribution; 0 always takes the likeliest. */
        public Builder temperature(double value) {
            temperature = value;
            return this;
        }

        /** Draws from so many of the likeliest tokens; at least 1. */
        public Builder topK(int value) {
            topK = value;
            return this;
        }

        /** Draws from the likeliest tokens that make up this probability together; above 0, up to 1. */
        public Builder topP(double value) {
            topP = value;
            return this;
        }

        /** Draws from the most typical tokens that make up this probability together; above 0, below 1. */
        public Builder typicalP(double value) {
            typicalP = value;
            return this;
        }

        /** Whether the text carries a statistical mark. */
        public Builder watermark(boolean whether) {
            watermark = whether;
            return this;
        }

        /** Ends after so many tokens; at least 1. As many as fit if not set. */
        public Builder maxNewTokens(int value) {
            maxNewTokens = value;
            return this;
        }

        /** Whether to go on when the model says it is done. */
        public Builder ignoreEosToken(boolean whether) {
            ignoreEosToken = whether;
            return this;
        }

        /** Ends when one of these was generated; the text includes it. Adds to those added before. */
        public Builder stopSequences(String... sequences) {
            stopSequences.addAll(List.of(sequences));
            return this;
        }

        /** Keeps only so many tokens from the end of the prompt; at least 1. */
        public Builder truncate(int value) {
            truncate = value;
            return this;
        }

        /** Gorgon's own: at most so many guessed tokens per step, 0 turns speculation off. It never changes the text. */
        public Builder speculativeTokens(int value) {
            speculativeTokens = value;
            return this;
        }

        /** Whether the text begins with the prompt. */
        public Builder returnFullText(boolean whether) {
            returnFullText = whether;
            return this;
        }

        /** Whether the answer has details; it has unless this is set to false. */
        public Builder details(boolean whether) {
            details = whether;
            return this;
        }

        /** Whether the details have the tokens of the prompt with their log-probabilities; not with streaming. */
        public Builder decoderInputDetails(boolean whether) {
            decoderInputDetails = whether;
            return this;
        }

        /** Adds so many of the likeliest tokens to each token; at least 1. */
        public Builder returnKAlternatives(int value) {
            returnKAlternatives = value;
            return this;
        }

        /** The form the text has to have. */
        public Builder responseFormat(ResponseFormat value) {
            responseFormat = value;
            return this;
        }

        /** @throws dev.gorgon.client.error.ValidationException if a rule is broken; the message says which */
        public GenerateRequest build() {
            return new GenerateRequest(this);
        }

        private AdapterParameters adapter() {
            return new AdapterParameters(adapterId, adapterSource, mergedAdapters, apiToken);
        }

        private SamplingParameters sampling() {
            return new SamplingParameters(
                    doSample,
                    bestOf,
                    temperature,
                    topK,
                    topP,
                    typicalP,
                    repetitionPenalty,
                    frequencyPenalty,
                    presencePenalty,
                    watermark,
                    seed);
        }

        private LengthParameters length() {
            return new LengthParameters(maxNewTokens, ignoreEosToken, stopSequences, truncate, speculativeTokens);
        }

        private OutputParameters output() {
            return new OutputParameters(
                    returnFullText, details, decoderInputDetails, returnKAlternatives, responseFormat);
        }
    }
}
