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
 * @param loraxStrict whether {@code /v1/*} answers with LoRAX's exact bytes instead of OpenAI's
 */
public record ServerConfig(
        ModelInfo model,
        Limits limits,
        BatchInfo batch,
        BuildInfo build,
        AdapterSource defaultAdapterSource,
        Optional<String> adminKey,
        Timeouts timeouts,
        boolean loraxStrict) {

    /** Starts from the defaults: adapters from the hub, no operator, OpenAI's answers on {@code /v1}. */
    public static Builder builder(ModelInfo model, Limits limits, BatchInfo batch, BuildInfo build) {
        return new Builder(model, limits, batch, build);
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        Builder builder = new Builder(model, limits, batch, build);
        builder.defaultAdapterSource = defaultAdapterSource;
        builder.adminKey = adminKey;
        builder.timeouts = timeouts;
        builder.loraxStrict = loraxStrict;
        return builder;
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return model.id();
    }

    /** Collects a configuration. */
    public static final class Builder {
        private final ModelInfo model;
        private final Limits limits;
        private final BatchInfo batch;
        private final BuildInfo build;
        private AdapterSource defaultAdapterSource = AdapterSource.HUB;
        private Optional<String> adminKey = Optional.empty();
        private Timeouts timeouts = Timeouts.DEFAULT;
        private boolean loraxStrict;

        private Builder(ModelInfo model, Limits limits, BatchInfo batch, BuildInfo build) {
            this.model = model;
            this.limits = limits;
            this.batch = batch;
            this.build = build;
        }

        /** Source of adapters whose request names none. */
        public Builder defaultAdapterSource(AdapterSource source) {
            defaultAdapterSource = source;
            return this;
        }

        /** What the operator sends to manage adapters; an empty key is none. */
        public Builder adminKey(String key) {
            adminKey = key.isEmpty() ? Optional.empty() : Optional.of(key);
            return this;
        }

        public Builder timeouts(Timeouts value) {
            timeouts = value;
            return this;
        }

        /** Whether {@code /v1/*} answers with LoRAX's exact bytes. */
        public Builder loraxStrict(boolean strict) {
            loraxStrict = strict;
            return this;
        }

        public ServerConfig build() {
            return new ServerConfig(model, limits, batch, build, defaultAdapterSource, adminKey, timeouts, loraxStrict);
        }
    }
}
