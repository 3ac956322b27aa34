package dev.gorgon.server.generate;

import dev.gorgon.server.Limits;
import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.LengthFields;
import dev.gorgon.server.generate.GenerateBody.MergeFields;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import dev.gorgon.server.http.ApiException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The validation rules in LoRAX's order with LoRAX's words; the numbers are rows of section 1.5 of the contract. The first
 * broken rule wins, as an {@link ApiException}. Rows without a number are Gorgon's own.
 */
public final class Checks {
    private static final int MAX_ADAPTER_ID_LENGTH = 1024;
    private static final Set<String> STRATEGIES = Set.of("linear", "ties", "dare_linear", "dare_ties");
    private static final Set<String> SIGN_METHODS = Set.of("total", "frequency");

    private final Limits limits;

    Checks(Limits limits) {
        this.limits = limits;
    }

    /** S1, S2, B1, B2: evaluated before a permit is taken. Returns the number of completions. */
    int completions(GenerateBody body, boolean streaming) {
        Long bestOf = body.sampling().bestOf();
        if (streaming) {
            refuseIf(bestOf != null && bestOf != 1, "`best_of` != 1 is not supported when streaming tokens");
            refuseIf(
                    body.output().promptDetails(),
                    "`decoder_input_details` == true is not supported when streaming tokens");
            return 1;
        }
        if (bestOf == null || bestOf == 0 || bestOf == 1) {
            return 1;
        }
        refuseIf(limits.maxBestOf() == 1, "`best_of` != 1 is not allowed for this endpoint");
        refuseIf(
                Long.compareUnsigned(bestOf, limits.maxBestOf()) > 0,
                "`best_of` must be > 0 and <= %d. Given: %s",
                limits.maxBestOf(),
                Long.toUnsignedString(bestOf));
        return bestOf.intValue();
    }

    /** Rules 1 to 17: everything that needs no tokenizer. */
    void parameters(GenerateBody body, int completions) {
        adapter(body.adapter());
        boolean mustSample = completions > 1 && !body.sampling().mentionsSampling();
        refuseIf(mustSample, "you must use sampling when `best_of` is > 1"); // 4
        sampling(body.sampling());
        Integer alternatives = body.output().alternatives();
        refuseIf(alternatives != null && alternatives <= 0, "`return_k_alternatives` must be strictly positive"); // 12
        lengths(body.length());
        refuseIf(body.sampling().seed() != null && completions > 1, "`seed` must not be set when `best_of` > 1"); // 15
        refuseIf(body.inputs().isEmpty(), "`inputs` cannot be empty"); // 16
        Long truncate = body.length().truncate();
        refuseIf(
                truncate != null
                        && (truncate == 0 || Long.compareUnsigned(truncate, limits.maxInputLength()) > 0), // 17
                "`truncate` must be strictly positive and less than %d. Given: %s",
                limits.maxInputLength(),
                truncate == null ? "" : Long.toUnsignedString(truncate));
        refuseIf(
                body.output().constrained(),
                "`response_format` is not supported by this version; leave it out or send null");
    }

    /** Rules 1 to 3, and what is wrong with names and merges. */
    public static void adapter(AdapterFields adapter) {
        MergeFields merged = adapter.merged();
        if (merged != null) {
            refuseIf(adapter.adapterId() != null, "at most one of `adapter_id` or `adapters` may be provided"); // 1
            refuseIf(merged.ids().isEmpty(), "at least one adapter ID must be provided when setting `adapters`"); // 2
            refuseIf(
                    merged.ids().size() != merged.weights().size(),
                    "number of adapter IDs must match number of adapter weights"); // 3
            word("merge_strategy", merged.mergeStrategy(), STRATEGIES);
            word("majority_sign_method", merged.majoritySignMethod(), SIGN_METHODS);
            merged.ids().forEach(id -> headerText("adapter_id", id));
            headerText("adapter_id", String.join(",", merged.ids()));
            merge(merged);
        }
        headerText("adapter_id", adapter.adapterId());
        headerText("adapter_source", adapter.adapterSource());
    }

    /** What LoRAX crashes on, or silently makes nothing of. */
    private static void merge(MergeFields merged) {
        if (merged.ids().size() == 1) {
            return; // that adapter, whatever the rest says
        }
        refuseIf(
                merged.ids().stream().anyMatch(id -> id.isEmpty() || id.equals(AdapterChoice.BASE_MODEL)),
                "Base model adapter cannot be merged.");
        try {
            AdapterChoice.Merged.spec(merged);
        } catch (IllegalArgumentException e) {
            throw ApiException.validation(String.valueOf(e.getMessage()));
        }
    }

    /** Rules 5 to 11. */
    public static void sampling(SamplingFields sampling) {
        refuseIf(below(sampling.temperature(), 0), "`temperature` must be non-negative"); // 5
        Float repetition = sampling.repetitionPenalty();
        refuseIf(repetition != null && !(repetition > 0), "`repetition_penalty` must be strictly positive"); // 6
        refuseIf(outside(sampling.frequencyPenalty()), "`frequency_penalty` must be >= -2.0 and <= 2.0"); // 7
        refuseIf(outside(sampling.presencePenalty()), "`presence_penalty` must be >= -2.0 and <= 2.0"); // 8
        Float topP = sampling.topP();
        refuseIf(topP != null && !(topP > 0 && topP <= 1), "`top_p` must be > 0.0 and < 1.0"); // 9
        Float typicalP = sampling.typicalP();
        refuseIf(typicalP != null && !(typicalP > 0 && typicalP < 1), "`typical_p` must be > 0.0 and < 1.0"); // 10
        Integer topK = sampling.topK();
        refuseIf(topK != null && topK <= 0, "`top_k` must be strictly positive"); // 11
    }

    private void lengths(LengthFields length) {
        Long maxNewTokens = length.maxNewTokens();
        refuseIf(maxNewTokens != null && maxNewTokens == 0, "`max_new_tokens` must be strictly positive"); // 13
        refuseIf(
                length.stop().size() > limits.maxStopSequences(),
                "`stop` supports up to %d stop sequences. Given: %d",
                limits.maxStopSequences(),
                length.stop().size()); // 14
    }

    /** Keeps the last tokens that {@code truncate} asks for; limits then see what is really prefilled. */
    int[] truncate(int[] tokens, @Nullable Long truncate) {
        return truncate == null || truncate >= tokens.length
                ? tokens
                : Arrays.copyOfRange(tokens, tokens.length - truncate.intValue(), tokens.length);
    }

    /** Rules 19 and 20. Returns the number of tokens to generate. */
    int budget(int inputTokens, @Nullable Long maxNewTokens) {
        long room = (long) limits.maxTotalTokens() - inputTokens;
        long wanted = maxNewTokens == null ? room : maxNewTokens;
        refuseIf(
                wanted > room,
                "`inputs` tokens + `max_new_tokens` must be <= %d. Given: %d `inputs` tokens and %d `max_new_tokens`",
                limits.maxTotalTokens(),
                inputTokens,
                wanted); // 19
        refuseIf(
                inputTokens > limits.maxInputLength(),
                "`inputs` must have less than %d tokens. Given: %d",
                limits.maxInputLength(),
                inputTokens); // 20
        return (int) wanted;
    }

    private static boolean below(@Nullable Float value, float bound) {
        return value != null && value < bound;
    }

    private static boolean outside(@Nullable Float penalty) {
        return penalty != null && !(penalty >= -2 && penalty <= 2);
    }

    private static void word(String name, @Nullable String value, Set<String> known) {
        refuseIf(
                value != null && !known.contains(value.toLowerCase(Locale.ROOT)),
                "`%s` must be one of %s",
                name,
                String.join(", ", known.stream().sorted().toList()));
    }

    /** These values are echoed in response headers, which can carry visible ASCII only. */
    private static void headerText(String name, @Nullable String value) {
        if (value == null) {
            return;
        }
        refuseIf(
                value.chars().anyMatch(c -> c < ' ' || c > '~'),
                "`%s` must contain only visible ASCII characters",
                name);
        refuseIf(
                value.length() > MAX_ADAPTER_ID_LENGTH,
                "`%s` must have at most %d characters. Given: %d",
                name,
                MAX_ADAPTER_ID_LENGTH,
                value.length());
    }

    private static void refuseIf(boolean broken, String message, Object... values) {
        if (broken) {
            throw ApiException.validation(message.formatted(values));
        }
    }
}
