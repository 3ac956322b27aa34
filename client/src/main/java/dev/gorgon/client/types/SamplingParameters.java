package dev.gorgon.client.types;

import java.math.BigInteger;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How tokens are chosen. Null stands for what is not sent. */
record SamplingParameters(
        boolean doSample,
        @Nullable Integer bestOf,
        @Nullable Double temperature,
        @Nullable Integer topK,
        @Nullable Double topP,
        @Nullable Double typicalP,
        @Nullable Double repetitionPenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Double presencePenalty,
        boolean watermark,
        @Nullable Long seed) {

    private static final double MAX = Float.MAX_VALUE; // the server's numbers have 32 bits

    SamplingParameters {
        Rules.refuseIf(!Rules.atLeastOne(bestOf), "`best_of` must be strictly positive");
        boolean several = bestOf != null && bestOf > 1;
        boolean samples = doSample || temperature != null || topK != null || topP != null || typicalP != null;
        Rules.refuseIf(several && !samples, "you must use sampling when `best_of` is > 1");
        Rules.refuseIf(several && seed != null, "`seed` must not be set when `best_of` > 1");
        Rules.refuseIf(!Rules.within(temperature, 0, MAX), "`temperature` must be non-negative");
        Rules.refuseIf(
                !Rules.within(repetitionPenalty, Float.MIN_VALUE, MAX),
                "`repetition_penalty` must be strictly positive");
        Rules.refuseIf(!Rules.within(frequencyPenalty, -2, 2), "`frequency_penalty` must be >= -2.0 and <= 2.0");
        Rules.refuseIf(!Rules.within(presencePenalty, -2, 2), "`presence_penalty` must be >= -2.0 and <= 2.0");
        Rules.refuseIf(!Rules.within(topP, Float.MIN_VALUE, 1), "`top_p` must be > 0.0 and <= 1.0");
        Rules.refuseIf(
                !Rules.within(typicalP, Float.MIN_VALUE, Math.nextDown(1f)), "`typical_p` must be > 0.0 and < 1.0");
        Rules.refuseIf(!Rules.atLeastOne(topK), "`top_k` must be strictly positive");
    }

    void into(Map<String, Object> members) {
        members.put("do_sample", doSample);
        Rules.put(members, "best_of", bestOf);
        Rules.put(members, "temperature", temperature);
        Rules.put(members, "top_k", topK);
        Rules.put(members, "top_p", topP);
        Rules.put(members, "typical_p", typicalP);
        Rules.put(members, "repetition_penalty", repetitionPenalty);
        Rules.put(members, "frequency_penalty", frequencyPenalty);
        Rules.put(members, "presence_penalty", presencePenalty);
        members.put("watermark", watermark);
        Rules.put(members, "seed", seed == null ? null : new BigInteger(Long.toUnsignedString(seed)));
    }
}
