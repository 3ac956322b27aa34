package dev.gorgon.engine.adapter;

import java.util.List;
import java.util.Optional;

/**
 * What is known of one adapter.
 *
 * @param identity hash of its content; empty while it is downloaded or when that failed
 * @param names names it was asked for by, without scopes, each once
 * @param restricted whether only some askers may have it, by any of its names
 * @param state where it is in its life
 * @param kind {@code lora}, {@code medusa} or {@code medusa_lora}; empty until it was in memory
 * @param bytes bytes in memory, or that it took when it was; 0 until it was
 * @param pinned whether it stays in memory
 * @param running requests that hold it in memory
 * @param lastUseMillis when it was used last, in milliseconds since 1970; 0 for never
 * @param usage what requests have done with it
 * @param failure why it cannot be had
 * @param rank the largest rank of its LoRA while it is in memory; 0 otherwise, and without a LoRA
 */
public record AdapterStatus(
        String identity,
        List<AdapterOrigin.Name> names,
        boolean restricted,
        AdapterState state,
        String kind,
        long bytes,
        boolean pinned,
        int running,
        long lastUseMillis,
        AdapterUsage usage,
        Optional<String> failure,
        int rank) {

    /** Source of what was merged for requests; its name is that of all its parts, and cannot be asked for. */
    public static final String MERGED = "merged_adapters";
}
