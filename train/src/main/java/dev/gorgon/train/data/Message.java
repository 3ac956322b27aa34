package dev.gorgon.train.data;

/**
 * A message of a conversation.
 *
 * @param role system, user, assistant, tool or another one that the model's template knows
 */
public record Message(String role, String content) {
    public static final String SYSTEM = "system";
    public static final String USER = "user";
    public static final String ASSISTANT = "assistant";

    /** Whether the model says it. */
    public boolean isAssistant() {
        return role.equals(ASSISTANT);
    }
}
