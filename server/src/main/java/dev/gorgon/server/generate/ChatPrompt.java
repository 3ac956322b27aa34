package dev.gorgon.server.generate;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import dev.gorgon.server.Inference;
import dev.gorgon.server.http.ApiException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation that the model's chat template turns into a prompt. The template brings its special tokens itself, so the
 * tokenizer adds none.
 *
 * @param messages at least one, as the template sees them
 * @param variables further variables of the template
 * @param continueFinal whether the last message is continued instead of answered
 */
public record ChatPrompt(
        List<Map<String, @Nullable Object>> messages, Map<String, @Nullable Object> variables, boolean continueFinal)
        implements PromptSource {

    /** LoRAX's own variable: a text with rules for a classifier of messages. */
    public static final String GUIDELINE = "guideline";

    /** Whether the prompt ends with what introduces an answer. */
    public static final String GENERATION_PROMPT = "add_generation_prompt";

    @Override
    public EncodedPrompt encode(Inference inference) {
        String text = render(inference);
        return new EncodedPrompt(text, inference.encode(text, false));
    }

    /**
     * The prompt as text; may take long.
     *
     * @throws ApiException if the model has no template, or it refuses the conversation
     */
    public String render(Inference inference) {
        ChatTemplate template = inference
                .chatTemplate()
                .orElseThrow(() -> ApiException.template(
                        "the model has no chat template; send a prompt to /v1/completions instead"));
        if (template.uses(GUIDELINE) && !variables.containsKey(GUIDELINE)) {
            throw ApiException.missingTemplateVariable(GUIDELINE);
        }
        Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
        all.put("messages", messages);
        try {
            String text = template.render(all);
            return continueFinal ? upToFinalMessage(text) : text;
        } catch (TemplateException e) {
            throw ApiException.template(String.valueOf(e.getMessage()));
        }
    }

    /** Cuts off what the template puts behind the last message; some templates strip messages, others keep their spaces. */
    private String upToFinalMessage(String rendered) {
        if (!(messages.getLast().get("content") instanceof String content) || content.isBlank()) {
            throw ApiException.template("the last message has no text to continue");
        }
        int start = rendered.lastIndexOf(content.strip());
        if (start < 0) {
            throw ApiException.template("the chat template changes the last message, so that it cannot be continued");
        }
        String kept = content.stripLeading();
        return rendered.substring(
                0,
                start
                        + (rendered.startsWith(kept, start)
                                ? kept.length()
                                : content.strip().length()));
    }
}
