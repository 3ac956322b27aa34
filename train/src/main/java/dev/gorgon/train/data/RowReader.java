package dev.gorgon.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What a row says: its messages in one of the known forms (Medusa specification, sections 3.2 and 3.5). */
final class RowReader {

    private static final List<String> TURNS = List.of("conversations", "messages", "items", "conversation");
    private static final List<String> PROMPTS = List.of("prompt", "instruction", "question", "text");
    private static final List<String> ANSWERS = List.of("output", "response", "completion", "answer");
    private static final List<String> SYSTEMS = List.of("system", "system_prompt");
    private static final List<String> ROLE = List.of("role", "from");
    private static final List<String> CONTENT = List.of("content", "value", "text");

    private RowReader() {}

    /** A row that is no conversation. */
    static final class BadRowException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BadRowException(String problem) {
            super(problem, null, false, false);
        }
    }

    /** Whether a value is one message, and so a list of such values is a conversation. */
    static boolean isMessage(JsonNode value) {
        return value.isObject() && ROLE.stream().anyMatch(value::has);
    }

    /** The id that the row has itself. */
    static Optional<String> id(JsonNode row) {
        JsonNode id = row.has("id") ? row.path("id") : row.path("conversation_id");
        return (id.isString() || id.isIntegralNumber()) && !id.asString("").isBlank()
                ? Optional.of(id.asString(""))
                : Optional.empty();
    }

    /** Whether the row says that its last message was cut off. */
    static boolean cut(JsonNode row) {
        return row.path("finish").asString("").equals("length");
    }

    /**
     * All messages, as they are.
     *
     * @throws BadRowException if there are none, or one cannot be understood
     */
    static List<Message> messages(JsonNode row) {
        if (row.isString()) {
            return List.of(new Message(Message.USER, row.asString("")));
        }
        if (row.isArray()) {
            return turns(row);
        }
        if (!row.isObject()) {
            throw new BadRowException(
                    "a conversation must be an object, a list of messages, or a text, not " + kind(row));
        }
        List<Message> messages = new ArrayList<>();
        present(row, SYSTEMS)
                .filter(JsonNode::isString)
                .map(node -> node.asString(""))
                .filter(text -> !text.isBlank())
                .ifPresent(text -> messages.add(new Message(Message.SYSTEM, text)));
        Optional<JsonNode> turns = present(row, TURNS);
        if (turns.isPresent()) {
            messages.addAll(turns(turns.get()));
        } else {
            messages.addAll(prompt(row));
        }
        return messages;
    }

    private static List<Message> turns(JsonNode turns) {
        if (!turns.isArray()) {
            throw new BadRowException("the messages must be a list, not " + kind(turns));
        }
        List<Message> messages = new ArrayList<>();
        for (JsonNode turn : turns) {
            messages.add(message(turn, messages.size() + 1));
        }
        return messages;
    }

    private static Message message(JsonNode turn, int number) {
        if (!turn.isObject()) {
            throw new BadRowException("message " + number + " must be an object, not " + kind(turn));
        }
        JsonNode role = present(turn, ROLE)
                .orElseThrow(() -> new BadRowException("message " + number + " has neither 'role' nor 'from'"));
        if (!role.isString()) {
            throw new BadRowException("the role of message " + number + " must be a text, not " + kind(role));
        }
        JsonNode content = present(turn, CONTENT)
                .orElseThrow(() -> new BadRowException("message " + number + " has neither 'content' nor 'value'"));
        return new Message(role(role.asString(""), number), content(content, number));
    }

    private static String role(String name, int number) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "user", "human", "prompter" -> Message.USER;
            case "assistant", "gpt", "chatgpt", "bing", "bard", "model", "bot" -> Message.ASSISTANT;
            case "system", "developer" -> Message.SYSTEM;
            case "tool", "function", "observation", "function_call", "tool_call" ->
                throw new BadRowException("message " + number + " has the role '" + name
                        + "'; conversations with tool calls cannot be used, because their calls are no text");
            default ->
                throw new BadRowException("message " + number + " has the unknown role '" + name
                        + "'; known are user (human), assistant (gpt, chatgpt, bing, bard, model, bot) and system");
        };
    }

    /** A text, or OpenAI's list of parts if all are texts. */
    private static String content(JsonNode content, int number) {
        if (content.isString()) {
            return content.asString("");
        }
        if (!content.isArray()) {
            throw new BadRowException("the content of message " + number + " must be a text, not " + kind(content));
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if (!part.path("text").isString()) {
                throw new BadRowException("the content of message " + number + " has a part that is no text");
            }
            text.append(part.path("text").asString(""));
        }
        return text.toString();
    }

    /** A prompt, with the answer that comes with it if there is one. */
    private static List<Message> prompt(JsonNode row) {
        JsonNode prompt = present(row, PROMPTS)
                .orElseThrow(
                        () -> new BadRowException(
                                "the object has none of 'conversations', 'messages', 'prompt', 'instruction', 'question', 'text'"));
        if (prompt.isArray()) {
            return turns(prompt);
        }
        if (!prompt.isString()) {
            throw new BadRowException("the prompt must be a text, not " + kind(prompt));
        }
        String input = row.path("input").asString("");
        List<Message> messages = new ArrayList<>();
        messages.add(new Message(
                Message.USER, input.isBlank() ? prompt.asString("") : prompt.asString("") + "\n\n" + input));
        present(row, ANSWERS)
                .filter(JsonNode::isString)
                .map(node -> node.asString(""))
                .filter(text -> !text.isBlank())
                .ifPresent(text -> messages.add(new Message(Message.ASSISTANT, text)));
        return messages;
    }

    private static Optional<JsonNode> present(JsonNode object, List<String> names) {
        return names.stream().filter(object::has).findFirst().map(object::path);
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case STRING -> "a text";
            default -> "null";
        };
    }
}
