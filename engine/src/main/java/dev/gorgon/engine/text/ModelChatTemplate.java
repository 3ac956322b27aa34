package dev.gorgon.engine.text;

import dev.gorgon.engine.text.template.JinjaException;
import dev.gorgon.engine.text.template.JinjaTemplate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chat templates of one model. As in transformers, the template {@code tool_use} is taken if there are tools and one of this
 * name, else {@code default}; {@code tools} and {@code documents} are none and {@code add_generation_prompt} is false unless given.
 */
final class ModelChatTemplate implements ChatTemplate {
    static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";
    private static final Logger LOG = LoggerFactory.getLogger(ModelChatTemplate.class);

    private final Map<String, Compiled> templates;
    private final Map<String, Object> tokens;

    /** A template, or what is wrong with it. */
    private sealed interface Compiled {
        record Sound(JinjaTemplate template) implements Compiled {}

        record Broken(String problem) implements Compiled {}
    }

    private ModelChatTemplate(Map<String, Compiled> templates, Map<String, Object> tokens) {
        this.templates = templates;
        this.tokens = tokens;
    }

    /**
     * @param sources templates by name
     * @param tokens special tokens, by the name of their variable
     */
    static ChatTemplate compile(Map<String, String> sources, Map<String, Object> tokens) {
        Map<String, Compiled> templates = new HashMap<>();
        sources.forEach((name, source) -> templates.put(name, compile(name, source)));
        return new ModelChatTemplate(templates, tokens);
    }

    private static Compiled compile(String name, String source) {
        try {
            return new Compiled.Sound(JinjaTemplate.compile(source));
        } catch (JinjaException e) {
            String problem = "the model's chat template '" + name + "' does not compile: " + e.getMessage();
            LOG.warn("{}; chat is not available with it", problem);
            return new Compiled.Broken(problem);
        }
    }

    /** A template that could not even be read. */
    static ChatTemplate broken(String problem) {
        LOG.warn("{}; chat is not available", problem);
        return new ModelChatTemplate(Map.of(DEFAULT, new Compiled.Broken(problem)), Map.of());
    }

    @Override
    public String render(Map<String, ? extends @Nullable Object> variables) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(tokens);
        all.put("tools", null);
        all.put("documents", null);
        all.put("add_generation_prompt", false);
        all.putAll(variables);
        return switch (chosen(variables.get("tools") != null)) {
            case Compiled.Broken(String problem) -> throw new TemplateException(problem);
            case Compiled.Sound(JinjaTemplate template) -> {
                try {
                    yield template.render(all);
                } catch (JinjaException e) {
                    throw new TemplateException(e.getMessage(), e.isRaised());
                }
            }
        };
    }

    private Compiled chosen(boolean withTools) {
        return Optional.ofNullable(withTools ? templates.get(TOOL_USE) : null)
                .or(() -> Optional.ofNullable(templates.get(DEFAULT)))
                .orElseGet(() -> new Compiled.Broken(
                        "the model has chat templates named " + templates.keySet() + ", but none named " + DEFAULT));
    }

    /** True if one of the templates that may be chosen reads the variable. */
    @Override
    public boolean uses(String variable) {
        return uses(chosen(true), variable) || uses(chosen(false), variable);
    }

    private static boolean uses(Compiled template, String variable) {
        return template instanceof Compiled.Sound(JinjaTemplate sound) && sound.uses(variable);
    }
}
