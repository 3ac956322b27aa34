package dev.gorgon.cli;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations that come with the demonstration model and that its heads were not trained on. */
final class HeldOut {

    private HeldOut() {}

    /**
     * A question and its answer.
     *
     * @param domain what it is about
     */
    record Conversation(String domain, String question, String answer) {

        /** The question as the demonstration model expects it. */
        String prompt() {
            return "[INST] " + question + " [/INST]";
        }
    }

    /** Some conversations of each domain; the id of a conversation starts with its domain. */
    static Map<String, List<Conversation>> byDomain(int perDomain) {
        Map<String, List<Conversation>> domains = new TreeMap<>();
        try {
            Set<String> heldOut =
                    Set.copyOf(Files.readAllLines(EmbeddedDemo.data().resolve("held-out.txt")));
            JsonNode conversations = JsonMapper.shared()
                    .readTree(Files.readAllBytes(EmbeddedDemo.data().resolve("prompts-sharegpt.json")));
            for (JsonNode node : conversations) {
                String id = node.path("id").asString("");
                String domain = id.substring(0, id.indexOf('-'));
                List<Conversation> chosen = domains.computeIfAbsent(domain, key -> new ArrayList<>());
                if (heldOut.contains(id) && chosen.size() < perDomain) {
                    chosen.add(new Conversation(domain, turn(node, 0), turn(node, 1)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return domains;
    }

    private static String turn(JsonNode conversation, int index) {
        return conversation.path("conversations").path(index).path("value").asString("");
    }
}
