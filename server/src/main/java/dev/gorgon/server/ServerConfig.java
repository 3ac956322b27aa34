package dev.gorgon.server;

import dev.gorgon.hub.AdapterSource;
import java.util.Optional;

/**
 * Everything the HTTP server needs to know besides the {@link Inference} it serves.
 *
 * @param model the base model
 * @param limits what is admitted
 * @param batch scheduling values to report
 * @param build which program this is
 * @param defaultAdapterSource source of adapters whose request names none
 * @param adminKey what the operator sends to manage adapters; empty if nobody may
 * @param timeouts how long the server is patient
 */
public record ServerConfig(
        ModelInfo model,
        Limits limits,
        BatchInfo batch,
        BuildInfo build,
        AdapterSource defaultAdapterSource,
        Optional<String> adminKey,
        Timeouts timeouts) {

    /** The configuration with the default timeouts and adapters from the hub. */
    public static ServerConfig of(ModelInfo model, Limits limits, BatchInfo batch, BuildInfo build) {
        return new ServerConfig(model, limits, batch, build, AdapterSource.HUB, Optional.empty(), Timeouts.DEFAULT);
    }

    /** The same with another default adapter source. */
    public ServerConfig withDefaultAdapterSource(AdapterSource source) {
        return new ServerConfig(model, limits, batch, build, source, adminKey, timeouts);
    }

    /** The same with other timeouts. */
    public ServerConfig withTimeouts(Timeouts other) {
        return new ServerConfig(model, limits, batch, build, defaultAdapterSource, adminKey, other);
    }

    /** The same with an operator who may manage adapters; an empty key is none. */
    public ServerConfig withAdminKey(String key) {
        return new ServerConfig(
                model,
                limits,
                batch,
                build,
                defaultAdapterSource,
                key.isEmpty() ? Optional.empty() : Optional.of(key),
                timeouts);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return model.id();
    }
}
