package dev.gorgon.train.data;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conversations as the model's chat template writes them. */
public final class Prompts {

    private Prompts() {}

    /**
     * Messages with what introduces an answer behind them, as the server renders them.
     *
     * @throws TemplateException if the template refuses them
     */
    public static String toAnswer(ChatTemplate template, List<Message> messages) {
        return render(template, messages, true);
    }

    /**
     * Messages and nothing behind them.
     *
     * @throws TemplateException if the template refuses them
     */
    public static String whole(ChatTemplate template, List<Message> messages) {
        return render(template, messages, false);
    }

    private static String render(ChatTemplate template, List<Message> messages, boolean toAnswer) {
        List<Map<String, Object>> values = new ArrayList<>();
        for (Message message : messages) {
            Map<String, Object> value = new LinkedHashMap<>();
            value.put("role", message.role());
            value.put("content", message.content());
            values.add(value);
        }
        return template.render(Map.of("messages", values, "add_generation_prompt", toAnswer));
    }
}
