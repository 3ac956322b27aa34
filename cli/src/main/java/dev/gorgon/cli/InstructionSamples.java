package dev.gorgon.cli;

import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.train.data.Sample;
import dev.gorgon.train.heads.ContentHash;
import dev.gorgon.train.heads.SampleSource;
import dev.gorgon.train.heads.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations of a JSON array in the demonstration model's form of prompts: {@code [INST] question [/INST] answer</s>}. */
final class InstructionSamples implements SampleSource {

    private final Path file;
    private final Tokenizer tokenizer;
    private final boolean all;
    private final int maxLength;

    InstructionSamples(Path file, Tokenizer tokenizer, boolean all, int maxLength) {
        this.file = file;
        this.tokenizer = tokenizer;
        this.all = all;
        this.maxLength = maxLength;
    }

    @Override
    public String fingerprint() {
        return ContentHash.of(List.of(file)) + " " + (all ? "all" : "assistant") + " " + maxLength;
    }

    @Override
    public Iterator<Sample> open() {
        try {
            List<Sample> samples = new ArrayList<>();
            for (JsonNode node : JsonMapper.shared().readTree(Files.readAllBytes(file))) {
                samples.add(sample(node, samples.size()));
            }
            return samples.iterator();
        } catch (IOException e) {
            throw new TrainingException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new TrainingException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private Sample sample(JsonNode node, int index) {
        StringBuilder text = new StringBuilder();
        BitSet targets = new BitSet();
        int[] tokens = {};
        for (JsonNode message : node.isArray() ? node : node.path("conversations")) {
            String role = message.path("role").asString(message.path("from").asString(""));
            String content =
                    message.path("content").asString(message.path("value").asString(""));
            boolean answer = role.equals("gpt") || role.equals("assistant");
            text.append(answer ? " " + content + "</s>" : "[INST] " + content + " [/INST]");
            int before = tokens.length;
            tokens = tokenizer.encode(text.toString(), true);
            if (answer || all) {
                targets.set(before, tokens.length);
            }
        }
        if (tokens.length > maxLength) {
            tokens = Arrays.copyOf(tokens, maxLength);
            targets.clear(maxLength, targets.size());
        }
        return new Sample(node.path("id").asString("conversation-" + index), tokens, targets);
    }
}
