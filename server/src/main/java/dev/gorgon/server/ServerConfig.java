package dev.gorgon.server;

import dev.gorgon.hub.AdapterSource;

/**
 * Everything the HTTP server needs to know besides the {@link Inference} it serves.
 *
 * @param model the base model
 * @param limits what is admitted
 * @param batch scheduling values to report
 * @param build which program this is
 * @param defaultAdapterSource source of adapters whose request names none
 * @param timeouts how long the server is patient
 */
public record ServerConfig(
        ModelInfo model,
        Limits limits,
        BatchInfo batch,
        BuildInfo build,
        AdapterSource defaultAdapterSource,
        Timeouts timeouts) {

    /** The configuration with the default timeouts and adapters from the hub. */
    public static ServerConfig of(ModelInfo model, Limits limits, BatchInfo batch, BuildInfo build) {
        return new ServerConfig(model, limits, batch, build, AdapterSource.HUB, Timeouts.DEFAULT);
    }

    /** The same with another default adapter source. */
    public ServerConfig withDefaultAdapterSource(AdapterSource source) {
        return new ServerConfig(model, limits, batch, build, source, timeouts);
    }

    /** The same with other timeouts. */
    public ServerConfig withTimeouts(Timeouts other) {
        return new ServerConfig(model, limits, batch, build, defaultAdapterSource, other);
    }
}
