package dev.gorgon.server.openai;

import dev.gorgon.server.generate.ChatPrompt;
import dev.gorgon.server.json.PlainValues;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The conversation of a chat request, and what it says about the template. */
final class ChatReader {
    private ChatReader() {}

    static ChatPrompt read(Params params) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        Params extra = params.object("chat_template_kwargs");
        if (extra != null) {
            variables.putAll(PlainValues.map(extra.members()));
        }
        String guideline = params.string(ChatPrompt.GUIDELINE);
        if (guideline != null) {
            variables.put(ChatPrompt.GUIDELINE, guideline);
        }
        boolean continueFinal = params.flag("continue_final_message");
        Boolean generationPrompt = params.optionalFlag(ChatPrompt.GENERATION_PROMPT);
        if (continueFinal && Boolean.TRUE.equals(generationPrompt)) {
            throw Params.invalid(ChatPrompt.GENERATION_PROMPT, "and `continue_final_message` must not both be true");
        }
        variables.put(ChatPrompt.GENERATION_PROMPT, !continueFinal && (generationPrompt == null || generationPrompt));
        return new ChatPrompt(ChatMessages.read(params), variables, continueFinal);
    }
}
