package dev.gorgon.server.openai;

import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.json.Json;
import java.util.List;

/** What OpenAI's API can do and this server cannot: answered with an error that says so, never with something else. */
final class Unsupported {
    private Unsupported() {}

    /** Concerns both routes. */
    static void refuse(Params params) {
        Params format = params.object("response_format");
        if (format != null && !"text".equals(format.string("type"))) {
            throw unsupported(
                    "response_format", "`response_format` supports only {\"type\": \"text\"} in this version");
        }
    }

    /** Concerns chat. */
    static void refuseInChat(Params params) {
        Json choice = params.value("tool_choice");
        boolean without = choice instanceof Json.Str word && word.value().equals("none");
        refuseTools(params, "tools", without);
        refuseTools(
                params,
                "functions",
                params.value("function_call") instanceof Json.Str none
                        && none.value().equals("none"));
        boolean harmless = choice == null
                || without
                || (choice instanceof Json.Str word && word.value().equals("auto"));
        if (!harmless) {
            throw unsupported("tool_choice", "`tool_choice` needs tools, which this version does not support");
        }
        Json modalities = params.value("modalities");
        if (modalities != null && !List.of("text").equals(Params.strings(modalities, "modalities"))) {
            throw unsupported("modalities", "`modalities` supports only [\"text\"]");
        }
        if (params.value("audio") != null) {
            throw unsupported("audio", "`audio` is not supported: this server answers with text");
        }
    }

    /** Tools that must not be used do no harm: the model does not hear of them. */
    private static void refuseTools(Params params, String name, boolean unused) {
        Json tools = params.value(name);
        if (tools != null && !Params.items(tools, name).isEmpty() && !unused) {
            throw unsupported(
                    name, "`" + name + "` are not supported by this version; leave them out or send an empty list");
        }
    }

    /** Concerns completions. */
    static void refuseInCompletions(Params params) {
        String suffix = params.string("suffix");
        if (suffix != null && !suffix.isEmpty()) {
            throw unsupported("suffix", "`suffix` is not supported: this model does not insert text");
        }
    }

    private static ApiException unsupported(String field, String message) {
        return ApiException.badRequest(field, "unsupported_parameter", message);
    }
}
