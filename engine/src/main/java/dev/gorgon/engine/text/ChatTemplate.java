package dev.gorgon.engine.text;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A compiled chat template: turns a conversation into the prompt the model was trained on. Thread-safe. */
public interface ChatTemplate {

    /**
     * The prompt.
     *
     * @param variables JSON-like values: String, Boolean, Integer, Long, Double, BigInteger, null, List, Map (ordered); the
     *     tokenizer's special tokens ({@code bos_token}, {@code eos_token} and so on) are added unless given
     * @throws TemplateException if the template refuses the conversation, or exceeds a limit
     */
    String render(Map<String, ? extends @Nullable Object> variables);

    /** Whether the template reads this variable anywhere. */
    boolean uses(String variable);
}
