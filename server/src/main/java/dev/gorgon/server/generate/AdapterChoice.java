package dev.gorgon.server.generate;

import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.AdapterRef;
import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.MergeFields;
import dev.gorgon.server.http.ApiException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The adapter a request asks for, before its source is known to exist (LoRAX contract, sections 2.1, 2.4, 2.5 and 2.6). */
public sealed interface AdapterChoice {

    /** What a request that names nothing gets: the server's default adapter, or the base model. */
    record Default() implements AdapterChoice {}

    /** {@code __base_model__}: the base model, whatever the default adapter is. */
    record Base() implements AdapterChoice {}

    /**
     * One adapter.
     *
     * @param id as given; anything until the request was validated
     */
    record Named(String id, Origin origin) implements AdapterChoice {

        /** The reference to load. An unknown source is LoRAX's 424, not a validation error. */
        AdapterRef reference() {
            return origin.reference(id, id);
        }
    }

    /** Several adapters merged into one. */
    record Merged(MergeFields merge, Origin origin) implements AdapterChoice {

        List<AdapterRef> references() {
            String all = String.join(",", merge.ids());
            return merge.ids().stream().map(id -> origin.reference(id, all)).toList();
        }

        /**
         * How they are merged.
         *
         * @throws IllegalArgumentException if that cannot be done; the message is fit for the client
         */
        MergeSpec spec() {
            return spec(merge);
        }

        static MergeSpec spec(MergeFields merge) {
            return new MergeSpec(
                    merge.weights().stream().map(Float::doubleValue).toList(),
                    MergeSpec.Strategy.parse(Objects.requireNonNullElse(merge.mergeStrategy(), "")),
                    merge.density(),
                    MergeSpec.MajoritySign.parse(Objects.requireNonNullElse(merge.majoritySignMethod(), "")));
        }
    }

    /**
     * Where adapters come from.
     *
     * @param source as given, or the server's default
     * @param apiToken from the body, else from the request's bearer token if it is one for this source, else empty
     */
    record Origin(String source, String apiToken) {

        AdapterRef reference(String id, String shown) {
            AdapterSource known = AdapterSource.parse(source)
                    .orElseThrow(() -> ApiException.adapter(new IllegalArgumentException(
                            "Invalid source '%s' when downloading adapter '%s'".formatted(source, shown))));
            return new AdapterRef(id, known, apiToken);
        }

        /** Without the credential. */
        @Override
        public String toString() {
            return source;
        }
    }

    String BASE_MODEL = "__base_model__";

    /** A merge of one adapter is that adapter. */
    static AdapterChoice of(AdapterFields fields, AdapterSource defaultSource, String bearerToken) {
        MergeFields merged = fields.merged();
        String source = fields.adapterSource() == null ? defaultSource.wireName() : fields.adapterSource();
        String token = fields.apiToken() == null ? credential(source, bearerToken) : fields.apiToken();
        Origin origin = new Origin(source, token);
        if (merged != null && merged.ids().size() > 1) {
            return new Merged(merged, origin);
        }
        String id = merged != null && merged.ids().size() == 1 ? merged.ids().getFirst() : fields.adapterId();
        if (id == null || id.isEmpty()) {
            return new Default();
        }
        return id.equals(BASE_MODEL) ? new Base() : new Named(id, origin);
    }

    /**
     * Clients of OpenAI's API always send a bearer token, made up where none is needed. It must not reach the hub, which would
     * refuse even public adapters; the hub's own tokens can be told by how they begin.
     */
    private static String credential(String source, String bearerToken) {
        Optional<AdapterSource> known = AdapterSource.parse(source);
        boolean usable = known.isPresent()
                && switch (known.get()) {
                    case HUB -> bearerToken.startsWith("hf_") || bearerToken.startsWith("api_");
                    case PBASE -> true;
                    case LOCAL, S3 -> false;
                };
        return usable ? bearerToken : "";
    }

    /** The names to show in answers: of a merge all, with commas between them; empty for the base model. */
    default Optional<String> shownId() {
        return switch (this) {
            case Default d -> Optional.empty();
            case Base b -> Optional.empty();
            case Named named -> Optional.of(named.id());
            case Merged merged -> Optional.of(String.join(",", merged.merge().ids()));
        };
    }

    /** The source to show in answers; empty for the base model. */
    default Optional<String> shownSource() {
        return switch (this) {
            case Default d -> Optional.empty();
            case Base b -> Optional.empty();
            case Named named -> Optional.of(named.origin().source());
            case Merged merged -> Optional.of(merged.origin().source());
        };
    }
}
