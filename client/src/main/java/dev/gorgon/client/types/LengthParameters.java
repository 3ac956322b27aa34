package dev.gorgon.client.types;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How much is read and generated. Null stands for what is not sent. */
record LengthParameters(
        @Nullable Integer maxNewTokens,
        boolean ignoreEosToken,
        List<String> stopSequences,
        @Nullable Integer truncate,
        @Nullable Integer speculativeTokens) {

    LengthParameters {
        stopSequences = List.copyOf(stopSequences);
        Rules.refuseIf(!Rules.atLeastOne(maxNewTokens), "`max_new_tokens` must be strictly positive");
        Rules.refuseIf(!Rules.atLeastOne(truncate), "`truncate` must be strictly positive");
        Rules.refuseIf(speculativeTokens != null && speculativeTokens < 0, "`speculative_tokens` must not be negative");
    }

    void into(Map<String, Object> members) {
        Rules.put(members, "max_new_tokens", maxNewTokens);
        members.put("ignore_eos_token", ignoreEosToken);
        members.put("stop", stopSequences);
        Rules.put(members, "truncate", truncate);
        Rules.put(members, "speculative_tokens", speculativeTokens);
    }
}
