package dev.gorgon.server;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A template of the form {@code <role> content\n…<assistant> } that remembers what it was given. */
final class TestTemplate implements ChatTemplate {
    final BlockingQueue<Map<String, ? extends @Nullable Object>> rendered = new LinkedBlockingQueue<>();
    private final Set<String> variables;

    /** @param variables names it claims to read */
    TestTemplate(String... variables) {
        this.variables = Set.of(variables);
    }

    @Override
    public String render(Map<String, ? extends @Nullable Object> values) {
        rendered.add(values);
        StringBuilder prompt = new StringBuilder();
        if (values.get("messages") instanceof List<?> messages) {
            for (Object item : messages) {
                Map<?, ?> message = (Map<?, ?>) item;
                if ("forbidden".equals(message.get("role"))) {
                    throw new TemplateException("no such role here", true);
                }
                prompt.append('<').append(message.get("role")).append("> ");
                prompt.append(message.get("content")).append(" \n");
            }
        }
        if (Boolean.TRUE.equals(values.get("add_generation_prompt"))) {
            prompt.append("<assistant> ");
        }
        return prompt.toString();
    }

    @Override
    public boolean uses(String variable) {
        return variables.contains(variable);
    }
}
