package dev.gorgon.server.lorax;

import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages of a chat as LoRAX takes them: a role, content, perhaps a name; everything else is dropped (contract, 1.9.4). */
final class StrictMessages {
    private StrictMessages() {}

    static List<Map<String, @Nullable Object>> read(Fields body) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        for (Fields message : body.requiredObjects("messages", "Message")) {
            Map<String, @Nullable Object> plain = new LinkedHashMap<>();
            plain.put("role", message.requiredString("role"));
            plain.put("content", content(message));
            String name = message.optionalString("name");
            if (name != null) {
                plain.put("name", name);
            }
            messages.add(plain);
        }
        return messages;
    }

    private static @Nullable String content(Fields message) {
        Json content = message.tree().members().get("content");
        if (!(content instanceof Json.Arr)) {
            return message.optionalString("content");
        }
        StringBuilder text = new StringBuilder();
        for (Fields chunk : message.requiredObjects("content", "MessageChunk")) {
            if (chunk.requiredString("type").equals("image_url")) {
                text.append("![](")
                        .append(chunk.object("image_url", "ImageUrl").requiredString("url"))
                        .append(')');
            } else {
                text.append(chunk.requiredString("text"));
            }
        }
        return text.toString();
    }
}
