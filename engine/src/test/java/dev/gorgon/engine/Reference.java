package dev.gorgon.engine;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reference data made with transformers and PEFT in float32; see demo/README.md. */
public final class Reference {

    private Reference() {}

    /** A prompt with what the reference made of it. */
    public record Prompt(String id, String text, boolean rendered, int[] ids, JsonNode node) {

        public Answer base() {
            return answer(node.path("base"));
        }

        public Answer adapter(String name) {
            return answer(node.path("adapters").path(name));
        }

        public JsonNode medusa(String name) {
            return node.path("medusa").path(name);
        }
    }

    /** Greedy tokens and their logprobs. */
    public record Answer(int[] ids, double[] logprobs, double minMargin) {}

    public static List<Prompt> prompts() {
        return load("prompts.json");
    }

    public static List<Prompt> longPrompts() {
        return load("long.json");
    }

    private static List<Prompt> load(String file) {
        try (InputStream in = Reference.class.getResourceAsStream("/reference/" + file)) {
            List<Prompt> prompts = new ArrayList<>();
            for (JsonNode node : JsonMapper.shared().readTree(in).path("prompts")) {
                prompts.add(new Prompt(
                        node.path("id").asString(),
                        node.path("text").asString(),
                        node.has("messages"),
                        ints(node.path("ids")),
                        node));
            }
            return prompts;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Answer answer(JsonNode node) {
        return new Answer(
                ints(node.path("ids")),
                java.util.stream.StreamSupport.stream(node.path("logprobs").spliterator(), false)
                        .mapToDouble(JsonNode::doubleValue)
                        .toArray(),
                node.path("min_top1_margin").doubleValue());
    }

    public static int[] ints(JsonNode node) {
        return java.util.stream.StreamSupport.stream(node.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }
}
