package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.Optional;

/**
 * An adapter the server knows; only of Gorgon.
 *
 * @param id how it was asked for last
 * @param state {@code downloading}, {@code loading}, {@code ready}, {@code evicted} or {@code failed}
 * @param kind {@code lora} and the like, once its files are there
 * @param identity a hash of its content, once its files are there
 * @param bytes in memory
 * @param pinned whether it stays as long as the server runs
 * @param running requests that use it now
 * @param error why it failed, if it did
 */
public record Adapter(
        String id,
        String state,
        Optional<String> kind,
        Optional<String> identity,
        long bytes,
        boolean pinned,
        int running,
        Optional<String> error) {

    static Adapter read(JsonObject json) {
        return new Adapter(
                json.text("adapter_id"),
                json.text("state"),
                json.optionalText("kind"),
                json.optionalText("identity"),
                json.unsigned("bytes").orElse(0),
                json.flag("pinned"),
                json.integerOrZero("running"),
                json.optionalText("error"));
    }
}
