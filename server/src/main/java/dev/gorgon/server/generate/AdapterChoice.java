package dev.gorgon.server.generate;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.AdapterRef;
import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.MergeFields;
import dev.gorgon.server.http.ApiException;
import java.util.Optional;

/**
 * The adapter a request asks for, before its source is known to exist (LoRAX contract, sections 2.1, 2.5 and 2.6).
 *
 * @param id as given; anything until the request was validated
 * @param source as given, or the server's default
 * @param apiToken from the body, else from the request's bearer token, else empty
 */
public record AdapterChoice(String id, String source, String apiToken) {
    private static final String BASE_MODEL = "__base_model__";

    /** Empty if the base model is meant. A merge of one adapter is that adapter. */
    public static Optional<AdapterChoice> of(AdapterFields fields, AdapterSource defaultSource, String bearerToken) {
        MergeFields merged = fields.merged();
        String id = merged != null && merged.ids().size() == 1 ? merged.ids().getFirst() : fields.adapterId();
        if (id == null || id.isEmpty() || id.equals(BASE_MODEL)) {
            return Optional.empty();
        }
        return Optional.of(new AdapterChoice(
                id,
                fields.adapterSource() == null ? defaultSource.wireName() : fields.adapterSource(),
                fields.apiToken() == null ? bearerToken : fields.apiToken()));
    }

    /** The reference to load. An unknown source is LoRAX's 424, not a validation error. */
    AdapterRef reference() {
        AdapterSource known = AdapterSource.parse(source)
                .orElseThrow(() -> ApiException.adapter(new IllegalArgumentException(
                        "Invalid source '%s' when downloading adapter '%s'".formatted(source, id))));
        return new AdapterRef(id, known, apiToken);
    }

    /** Without the credential. */
    @Override
    public String toString() {
        return source + ":" + id;
    }
}
