package dev.gorgon.train.heads;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.text.HuggingFaceTokenizer;
import dev.gorgon.train.data.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Some conversations of the demonstration model, answers being labels. */
record DemoSamples(List<Sample> samples) implements SampleSource {

    static final Path MODEL = EmbeddedDemo.folder("stheno-8m").orElseThrow();

    /** Every so manyth conversation of the embedded data. */
    static DemoSamples every(int step, int count) {
        List<Sample> samples = new ArrayList<>();
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.load(MODEL)) {
            JsonNode data = JsonMapper.shared()
                    .readTree(Files.readAllBytes(EmbeddedDemo.data().resolve("prompts-sharegpt.json")));
            for (int i = 0; i < count; i++) {
                JsonNode conversation = data.path(i * step);
                String prompt = "[INST] "
                        + conversation
                                .path("conversations")
                                .path(0)
                                .path("value")
                                .asString() + " [/INST]";
                String answer =
                        conversation.path("conversations").path(1).path("value").asString();
                int[] tokens = tokenizer.encode(prompt + " " + answer + "</s>", true);
                BitSet targets = new BitSet();
                targets.set(tokenizer.encode(prompt, true).length, tokens.length);
                samples.add(new Sample(conversation.path("id").asString(), tokens, targets));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DemoSamples(samples);
    }

    @Override
    public Iterator<Sample> open() {
        return samples.iterator();
    }

    @Override
    public String fingerprint() {
        return samples.size() + " " + samples.stream().map(Sample::id).toList().hashCode();
    }
}
