package dev.gorgon.server.openai;

import dev.gorgon.server.Limits;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.generate.Checks;
import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.MergeFields;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.json.Json;
import dev.gorgon.server.json.JsonText;
import dev.gorgon.server.openai.OpenAiRequest.Kind;
import dev.gorgon.server.openai.OpenAiRequest.Lengths;
import dev.gorgon.server.openai.OpenAiRequest.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests of OpenAI's API. What both routes share is here, LoRAX's extra parameters included; the prompts are the
 * routes' own.
 */
final class RequestReader {
    private static final int MAX_CHOICES = 128;
    private static final int MAX_TOP_LOGPROBS = 20;
    private static final int MAX_BIASES = 1024;
    private static final float MAX_BIAS = 100;
    private static final int MAX_STOP_LENGTH = 4096;

    private final ServerConfig config;
    private final int vocabularySize;

    RequestReader(ServerConfig config, int vocabularySize) {
        this.config = config;
        this.vocabularySize = vocabularySize;
    }

    /** A chat completion. */
    OpenAiRequest chat(byte[] json) {
        Params params = parse(json);
        Unsupported.refuse(params);
        Unsupported.refuseInChat(params);
        long choices = Objects.requireNonNullElse(params.integer("n", 1, MAX_CHOICES), 1L);
        Long top = params.integer("top_logprobs", 0, MAX_TOP_LOGPROBS);
        boolean logprobs = params.flag("logprobs");
        if (top != null && top > 0 && !logprobs) {
            throw Params.invalid("top_logprobs", "needs `logprobs` to be true");
        }
        Long maxTokens = params.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        Output output = new Output(
                (int) choices,
                (int) choices,
                logprobs ? OptionalInt.of(top == null ? 0 : top.intValue()) : OptionalInt.empty(),
                false,
                params.flag("stream"),
                includesUsage(params));
        return request(
                Kind.CHAT,
                params,
                List.of(ChatReader.read(params)),
                maxTokens == null ? params.integer("max_tokens", 1, Integer.MAX_VALUE) : maxTokens,
                output);
    }

    /** A completion. */
    OpenAiRequest completion(byte[] json) {
        Params params = parse(json);
        Unsupported.refuse(params);
        Unsupported.refuseInCompletions(params);
        Long logprobs = params.integer("logprobs", 0, MAX_TOP_LOGPROBS);
        Output output = new Output(
                Math.toIntExact(Objects.requireNonNullElse(params.integer("n", 1, MAX_CHOICES), 1L)),
                bestOf(params),
                logprobs == null ? OptionalInt.empty() : OptionalInt.of(logprobs.intValue()),
                params.flag("echo"),
                params.flag("stream"),
                includesUsage(params));
        int leastTokens = output.echo() ? 0 : 1;
        Long maxTokens = params.integer("max_completion_tokens", leastTokens, Integer.MAX_VALUE);
        return request(
                Kind.COMPLETION,
                params,
                TextPrompts.read(params, vocabularySize),
                maxTokens == null ? params.integer("max_tokens", leastTokens, Integer.MAX_VALUE) : maxTokens,
                output);
    }

    private static Params parse(byte[] json) {
        return new Params(JsonText.parse(json, "Request").tree());
    }

    /** Every completion beyond the choices is work for nothing, so the operator's limit applies to it. */
    private int bestOf(Params params) {
        long choices = Objects.requireNonNullElse(params.integer("n", 1, MAX_CHOICES), 1L);
        long most = Math.max(choices, config.limits().maxBestOf());
        Long bestOf = params.integer("best_of", 1, most);
        if (bestOf == null) {
            return (int) choices;
        }
        if (bestOf < choices) {
            throw Params.invalid("best_of", "must not be less than `n`");
        }
        if (bestOf > choices && params.flag("stream")) {
            throw Params.invalid("best_of", "must equal `n` when streaming: which choice is best is known at the end");
        }
        return bestOf.intValue();
    }

    private static boolean includesUsage(Params params) {
        Params options = params.object("stream_options");
        return options != null && options.flag("include_usage");
    }

    private OpenAiRequest request(
            Kind kind, Params params, List<PromptSource> prompts, @Nullable Long maxTokens, Output output) {
        String model = Objects.requireNonNullElse(params.string("model"), "");
        AdapterFields adapter = adapter(params, model.equals(config.model().id()) ? "" : model);
        SamplingFields sampling = sampling(params);
        Checks.adapter(adapter);
        Checks.sampling(sampling);
        Lengths lengths = new Lengths(
                maxTokens,
                stop(params),
                params.flag("ignore_eos_token") || params.flag("ignore_eos"),
                params.integer("speculative_tokens", 0, Integer.MAX_VALUE));
        checkGenerations(kind, (long) prompts.size() * output.bestOf());
        return new OpenAiRequest(kind, prompts, adapter, sampling, bias(params), lengths, output);
    }

    /** More than the server has room for at all could never be served. */
    private void checkGenerations(Kind kind, long generations) {
        int most = config.limits().maxConcurrentRequests();
        if (generations > most) {
            throw ApiException.badRequest(
                    kind == Kind.CHAT ? "n" : kind.promptField(),
                    "",
                    "the request asks for %d completions, but this server runs at most %d at once"
                            .formatted(generations, most));
        }
    }

    /** The model's name is the adapter's, unless {@code adapter_id} or {@code merged_adapters} says more. */
    private static AdapterFields adapter(Params params, String model) {
        String explicit = params.string("adapter_id");
        Params merged = params.object("merged_adapters");
        String id = explicit != null || merged != null ? explicit : model;
        return new AdapterFields(
                id,
                params.string("adapter_source"),
                merged == null ? null : merged(merged),
                params.string("api_token"));
    }

    private static MergeFields merged(Params merged) {
        Json ids = merged.value("ids");
        Json weights = merged.value("weights");
        List<Float> numbers = new ArrayList<>();
        if (weights != null) {
            for (Json weight : Params.items(weights, merged.at("weights"))) {
                numbers.add(Params.real(weight, merged.at("weights") + "[" + numbers.size() + "]"));
            }
        }
        return new MergeFields(
                ids == null ? List.of() : Params.strings(ids, merged.at("ids")),
                numbers,
                merged.string("merge_strategy"),
                Objects.requireNonNullElse(merged.real("density"), 0f),
                merged.string("majority_sign_method"));
    }

    /**
     * Samples at temperature 1 unless told otherwise, on both routes: OpenAI's specification says so, and its clients rely on it.
     * LoRAX decodes completions greedily by default; {@code --lorax-strict} brings that back.
     */
    private static SamplingFields sampling(Params params) {
        Long topK = params.integer("top_k", -1, Integer.MAX_VALUE);
        return new SamplingFields(
                true,
                null,
                params.real("temperature"),
                topK == null || topK <= 0 ? null : topK.intValue(), // 0 and -1 are other servers' words for off
                topP(params),
                typicalP(params),
                params.real("repetition_penalty"),
                params.real("frequency_penalty"),
                params.real("presence_penalty"),
                params.flag("watermark"),
                params.bits("seed"));
    }

    /** OpenAI allows 0, which leaves the likeliest token only. */
    private static @Nullable Float topP(Params params) {
        Float topP = params.real("top_p");
        return topP != null && topP == 0f ? Float.valueOf(Float.MIN_VALUE) : topP;
    }

    private static @Nullable Float typicalP(Params params) {
        Float typicalP = params.real("typical_p");
        return typicalP != null && typicalP == 1f ? null : typicalP;
    }

    private List<String> stop(Params params) {
        Json value = params.value("stop");
        if (value == null) {
            return List.of();
        }
        List<String> stops = value instanceof Json.Str string ? List.of(string.value()) : Params.strings(value, "stop");
        Limits limits = config.limits();
        if (stops.size() > limits.maxStopSequences()) {
            throw Params.invalid(
                    "stop",
                    "supports up to %d stop sequences, got %d".formatted(limits.maxStopSequences(), stops.size()));
        }
        if (stops.stream().anyMatch(stop -> stop.isEmpty() || stop.length() > MAX_STOP_LENGTH)) {
            throw Params.invalid("stop", "must hold texts of 1 to %d characters".formatted(MAX_STOP_LENGTH));
        }
        return stops;
    }

    private Map<Integer, Float> bias(Params params) {
        Params object = params.object("logit_bias");
        if (object == null) {
            return Map.of();
        }
        Map<String, Json> members = object.members().members();
        if (members.size() > MAX_BIASES) {
            throw Params.invalid("logit_bias", "supports up to %d tokens".formatted(MAX_BIASES));
        }
        Map<Integer, Float> bias = new LinkedHashMap<>();
        members.forEach((token, value) -> {
            float amount = Params.real(value, object.at(token));
            if (!(Math.abs(amount) <= MAX_BIAS)) {
                throw Params.invalid("logit_bias", "must hold values from -100 to 100");
            }
            bias.put(tokenId(token), amount);
        });
        return bias;
    }

    private int tokenId(String text) {
        if (text.matches("[0-9]{1,9}")) {
            int id = Integer.parseInt(text);
            if (id < vocabularySize) {
                return id;
            }
        }
        throw Params.invalid(
                "logit_bias", "must have token ids from 0 to %d as its names".formatted(vocabularySize - 1));
    }
}
