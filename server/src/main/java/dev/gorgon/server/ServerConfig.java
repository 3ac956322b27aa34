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
 * @param access who may use the server
 * @param connections what clients may take of it
 * @param timeouts how long the server is patient
 * @param cors what pages of other sites may do
 * @param tls the certificate, if connections are encrypted
 * @param loraxStrict whether {@code /v1/*} answers with LoRAX's exact bytes instead of OpenAI's
 */
public record ServerConfig(
        ModelInfo model,
        Limits limits,
        BatchInfo batch,
        BuildInfo build,
        AdapterSource defaultAdapterSource,
        Access access,
        ConnectionLimits connections,
        Timeouts timeouts,
        CorsPolicy cors,
        Optional<Tls> tls,
        boolean loraxStrict) {

    public ServerConfig {
        if (connections.maxBufferedBodyBytes() < limits.maxBodyBytes()) {
            throw new ServerException("maxBufferedBodyBytes must be at least maxBodyBytes, got %d and %d"
                    .formatted(connections.maxBufferedBodyBytes(), limits.maxBodyBytes()));
        }
    }

    /** Starts from the defaults: adapters from the hub, no operator, OpenAI's answers on {@code /v1}. */
    public static Builder builder(ModelInfo model, Limits limits, BatchInfo batch, BuildInfo build) {
        return new Builder(model, limits, batch, build);
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        Builder builder = new Builder(model, limits, batch, build);
        builder.defaultAdapterSource = defaultAdapterSource;
        builder.access = access;
        builder.connections = connections;
        builder.timeouts = timeouts;
        builder.cors = cors;
        builder.tls = tls;
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
        private Access access = Access.OPEN;
        private ConnectionLimits connections = ConnectionLimits.DEFAULT;
        private Timeouts timeouts = Timeouts.DEFAULT;
        private CorsPolicy cors = CorsPolicy.DEFAULT;
        private Optional<Tls> tls = Optional.empty();
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

        /** Who may use the server; the default is everybody. */
        public Builder access(Access value) {
            access = value;
            return this;
        }

        /** What the operator sends to manage adapters, as a part of {@link #access}; an empty key is none. */
        public Builder adminKey(String key) {
            access = access.withAdminKey(key.isEmpty() ? Optional.empty() : Optional.of(key));
            return this;
        }

        /** What clients may take of the server. */
        public Builder connections(ConnectionLimits value) {
            connections = value;
            return this;
        }

        /** What pages of other sites may do. */
        public Builder cors(CorsPolicy value) {
            cors = value;
            return this;
        }

        /** The certificate; without one, connections are not encrypted. */
        public Builder tls(Tls value) {
            tls = Optional.of(value);
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
            return new ServerConfig(
                    model,
                    limits,
                    batch,
                    build,
                    defaultAdapterSource,
                    access,
                    connections,
                    timeouts,
                    cors,
                    tls,
                    loraxStrict);
        }
    }
}
