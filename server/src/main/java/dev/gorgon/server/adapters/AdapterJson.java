package dev.gorgon.server.adapters;

import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.server.json.JsonOut;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Adapters as JSON. */
final class AdapterJson {
    private AdapterJson() {}

    /** {@code GET /adapters}. */
    static String list(String model, List<AdapterStatus> adapters, PoolStats memory) {
        return JsonOut.write(out -> out.object(() -> {
            out.text("base_model", model);
            out.name("memory")
                    .object(() -> out.integer("bytes", memory.bytes())
                            .integer("budget_bytes", memory.budget())
                            .integer("active", memory.active())
                            .integer("waiting", memory.inLine())
                            .integer("loads", memory.loads())
                            .integer("evictions", memory.evictions()));
            out.name("adapters")
                    .array(
                            adapters,
                            status -> out.object(() -> {
                                out.text("adapter_id", name(status));
                                out.name("names").array(status.names(), name -> out.object(() -> name(out, name)));
                                state(out, status);
                            }));
        }));
    }

    /** What a status is called: by the name it was asked for last. */
    static String name(AdapterStatus status) {
        return status.names().isEmpty()
                ? status.identity()
                : status.names().getLast().id();
    }

    private static void name(JsonOut out, AdapterOrigin.Name name) {
        out.text("adapter_id", name.id()).text("adapter_source", name.source());
        if (!name.revision().isEmpty()) {
            out.text("revision", name.revision());
        }
    }

    /** State, size and use, as members of an object. */
    static void state(JsonOut out, AdapterStatus status) {
        AdapterUsage usage = status.usage();
        out.text("identity", status.identity().isEmpty() ? null : status.identity());
        out.text("state", status.state().wireName());
        out.text("kind", status.kind().isEmpty() ? null : status.kind());
        out.integer("bytes", status.bytes());
        out.flag("pinned", status.pinned());
        out.flag("restricted", status.restricted());
        out.integer("running", status.running());
        out.text(
                "last_used",
                status.lastUseMillis() == 0
                        ? null
                        : Instant.ofEpochMilli(status.lastUseMillis()).toString());
        usage(out, usage);
        status.failure().ifPresent(failure -> out.text("error", failure));
    }

    private static void usage(JsonOut out, AdapterUsage usage) {
        out.integer("requests", usage.requests());
        out.integer("tokens", usage.tokens());
        long drafted = usage.drafted();
        out.real("acceptance", drafted == 0 ? Double.NaN : (double) usage.accepted() / drafted);
    }

    /** {@code GET /v1/models}: as OpenAI lists them, with vLLM's {@code root} and {@code parent}. */
    static String models(ServedModelInfo model, List<AdapterStatus> adapters) {
        return JsonOut.write(out -> out.object(() -> {
            out.text("object", "list");
            out.name("data");
            out.array(
                    entries(model, adapters),
                    entry -> out.object(() -> {
                        out.text("id", entry.id());
                        out.text("object", "model");
                        out.integer("created", model.createdSeconds());
                        out.text("owned_by", "gorgon");
                        out.text("root", entry.root());
                        out.text("parent", entry.isBase() ? null : model.id());
                        if (entry.isBase()) {
                            out.integer("max_model_len", model.maxTotalTokens());
                            out.text("state", "ready");
                        } else {
                            state(out, entry.status().getFirst());
                        }
                    }));
        }));
    }

    /** The base model. */
    record ServedModelInfo(String id, long createdSeconds, int maxTotalTokens) {}

    /** @param status one, or none for the base model */
    private record Entry(String id, String root, List<AdapterStatus> status) {
        boolean isBase() {
            return status.isEmpty();
        }
    }

    private static List<Entry> entries(ServedModelInfo model, List<AdapterStatus> adapters) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry(model.id(), model.id(), List.of()));
        for (AdapterStatus status : adapters) {
            status.names().stream()
                    .filter(name -> !name.source().equals(AdapterStatus.MERGED))
                    .map(AdapterOrigin.Name::id)
                    .distinct()
                    .forEach(id -> entries.add(new Entry(id, id, List.of(status))));
        }
        return entries;
    }
}
