package dev.gorgon.client.types;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which weights answer. Null stands for what is not sent. */
record AdapterParameters(
        @Nullable String adapterId,
        @Nullable AdapterSource adapterSource,
        @Nullable MergedAdapters mergedAdapters,
        @Nullable String apiToken) {

    AdapterParameters {
        Rules.refuseIf(
                adapterId != null && mergedAdapters != null,
                "at most one of `adapter_id` or `merged_adapters` may be provided");
    }

    void into(Map<String, Object> members) {
        Rules.put(members, "adapter_id", adapterId);
        Rules.put(members, "adapter_source", adapterSource == null ? null : adapterSource.wireName());
        Rules.put(members, "merged_adapters", mergedAdapters == null ? null : mergedAdapters.json());
        Rules.put(members, "api_token", apiToken);
    }
}
