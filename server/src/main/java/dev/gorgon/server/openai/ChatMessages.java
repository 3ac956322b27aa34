package dev.gorgon.server.openai;

import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.json.Json;
import dev.gorgon.server.json.JsonText;
import dev.gorgon.server.json.PlainValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code messages} of a chat request as a chat template sees them. Every member of a message is passed on. Two are made
 * fit for templates, which were written for Python objects: a list of text parts becomes one text, a part a line, and the
 * arguments of tool calls, which OpenAI spells as text, become the object they spell.
 */
final class ChatMessages {
    private static final String FIELD = "messages";

    private ChatMessages() {}

    static List<Map<String, @Nullable Object>> read(Params params) {
        Json value = params.value(FIELD);
        if (value == null) {
            throw Params.invalid(FIELD, "is required");
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        for (Json item : Params.items(value, FIELD)) {
            String where = FIELD + "[" + messages.size() + "]";
            if (!(item instanceof Json.Obj message)) {
                throw Params.wrongType(item, "an object", where);
            }
            messages.add(message(message, where));
        }
        if (messages.isEmpty()) {
            throw Params.invalid(FIELD, "must not be empty");
        }
        return messages;
    }

    private static Map<String, @Nullable Object> message(Json.Obj message, String where) {
        Json role = message.members().get("role");
        if (role == null) {
            throw Params.invalid(where + ".role", "is required");
        }
        Params.string(role, where + ".role");
        Map<String, @Nullable Object> plain = PlainValues.map(message);
        Json content = message.members().get("content");
        if (content != null) {
            plain.put("content", content(content, where + ".content"));
        }
        if (plain.get("tool_calls") instanceof List<?> calls) {
            plain.put("tool_calls", calls.stream().map(ChatMessages::toolCall).toList());
        }
        return plain;
    }

    private static @Nullable String content(Json content, String where) {
        return switch (content) {
            case Json.Null n -> null;
            case Json.Str text -> text.value();
            case Json.Arr parts -> text(parts, where);
            default -> throw Params.wrongType(content, "a string, null or an array of parts", where);
        };
    }

    private static String text(Json.Arr parts, String where) {
        List<String> texts = new ArrayList<>();
        for (Json part : parts.items()) {
            texts.add(part(part, where + "[" + texts.size() + "]"));
        }
        return String.join("\n", texts);
    }

    private static String part(Json part, String where) {
        if (part instanceof Json.Str text) {
            return text.value();
        }
        if (!(part instanceof Json.Obj object)) {
            throw Params.wrongType(part, "an object", where);
        }
        Json type = object.members().get("type");
        String kind = type == null ? "text" : Params.string(type, where + ".type");
        return switch (kind) {
            case "text", "refusal" -> {
                Json text = object.members().get(kind);
                if (text == null) {
                    throw Params.invalid(where + "." + kind, "is required");
                }
                yield Params.string(text, where + "." + kind);
            }
            default ->
                throw ApiException.badRequest(
                        where + ".type",
                        "unsupported_content",
                        "`%s.type` must be \"text\": this model reads text only, got %s"
                                .formatted(where, describe(type)));
        };
    }

    private static String describe(@Nullable Json type) {
        return type == null ? "nothing" : type.describe();
    }

    private static @Nullable Object toolCall(@Nullable Object call) {
        if (!(call instanceof Map<?, ?> members) || !(members.get("function") instanceof Map<?, ?> function)) {
            return call;
        }
        if (!(function.get("arguments") instanceof String arguments)) {
            return call;
        }
        return JsonText.tryParse(arguments)
                .<Object>map(object -> with(members, "function", with(function, "arguments", PlainValues.map(object))))
                .orElse(call);
    }

    private static Map<String, @Nullable Object> with(Map<?, ?> members, String name, Object value) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        members.forEach((key, old) -> copy.put(String.valueOf(key), old));
        copy.put(name, value);
        return copy;
    }
}
