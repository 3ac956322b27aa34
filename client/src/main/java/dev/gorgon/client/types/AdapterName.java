package dev.gorgon.client.types;

import dev.gorgon.client.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which adapter is meant.
 *
 * @param source the server's default if empty
 * @param apiToken the credential that fetches a private one
 */
public record AdapterName(String id, Optional<AdapterSource> source, Optional<String> apiToken) {

    /** @throws dev.gorgon.client.error.ValidationException if the id is empty */
    public AdapterName {
        Rules.refuseIf(id.isEmpty(), "`adapter_id` must not be empty");
    }

    /** An adapter of the server's default source. */
    public static AdapterName of(String id) {
        return new AdapterName(id, Optional.empty(), Optional.empty());
    }

    /** An adapter of a source. */
    public static AdapterName of(String id, AdapterSource source) {
        return new AdapterName(id, Optional.of(source), Optional.empty());
    }

    /** The same with a credential. */
    public AdapterName withApiToken(String token) {
        return new AdapterName(id, source, Optional.of(token));
    }

    /** The body as it is sent. It may hold a credential. */
    public String json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("adapter_id", id);
        source.ifPresent(known -> members.put("adapter_source", known.wireName()));
        apiToken.ifPresent(token -> members.put("api_token", token));
        return Json.write(members);
    }

    /** Without the credential. */
    @Override
    public String toString() {
        return "AdapterName[" + id
                + source.map(known -> ", " + known.wireName()).orElse("") + "]";
    }
}
