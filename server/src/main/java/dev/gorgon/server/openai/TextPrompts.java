package dev.gorgon.server.openai;

import dev.gorgon.server.generate.EncodedPrompt;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.json.Json;
import java.util.ArrayList;
import java.util.List;

/** The {@code prompt} of a completion: a text, texts, token ids, or lists of token ids. */
final class TextPrompts {
    private static final String FIELD = "prompt";

    private TextPrompts() {}

    static List<PromptSource> read(Params params, int vocabularySize) {
        Json prompt = params.value(FIELD);
        if (prompt == null) {
            throw Params.invalid(FIELD, "is required");
        }
        if (prompt instanceof Json.Str text) {
            return List.of(text(text));
        }
        List<Json> items = Params.items(prompt, FIELD);
        if (items.isEmpty()) {
            throw Params.invalid(FIELD, "must not be empty");
        }
        if (items.getFirst() instanceof Json.Num) {
            return List.of(tokens(items, FIELD, vocabularySize));
        }
        List<PromptSource> prompts = new ArrayList<>();
        for (Json item : items) {
            String where = FIELD + "[" + prompts.size() + "]";
            prompts.add(item instanceof Json.Arr ids ? tokens(ids.items(), where, vocabularySize) : text(item, where));
        }
        return prompts;
    }

    private static PromptSource text(Json value, String where) {
        Params.string(value, where);
        return text((Json.Str) value);
    }

    private static PromptSource text(Json.Str text) {
        return PromptSource.text(text.value(), true);
    }

    /** Taken as they are: no special tokens are added. */
    private static PromptSource tokens(List<Json> ids, String where, int vocabularySize) {
        int[] tokens = new int[ids.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (int) Params.integer(ids.get(i), where + "[" + i + "]", 0, vocabularySize - 1);
        }
        if (tokens.length == 0) {
            throw Params.invalid(where, "must not be empty");
        }
        return inference -> new EncodedPrompt(inference.decode(tokens), tokens);
    }
}
