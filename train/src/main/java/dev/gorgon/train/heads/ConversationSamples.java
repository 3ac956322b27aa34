package dev.gorgon.train.heads;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.train.data.Conversation;
import dev.gorgon.train.data.Conversations;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.data.Sample;
import dev.gorgon.train.data.SampleResult;
import dev.gorgon.train.data.SampleSettings;
import dev.gorgon.train.data.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The conversations of a file as samples, rendered by the model's chat template; what cannot be one is left out and told once. */
public final class ConversationSamples implements SampleSource {

    /** What decides, beside the conversations, which tokens they become. */
    private static final List<String> TEMPLATE_FILES =
            List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "chat_template.json");

    private final Path file;
    private final Rendering rendering;
    private final SampleSettings settings;
    private final ReadSettings reading;
    private final Consumer<String> told;
    private boolean alreadyTold;

    /**
     * How text becomes tokens.
     *
     * @param folder of the model, whose files are part of the fingerprint
     */
    public record Rendering(Path folder, ChatTemplate template, Tokenizer tokenizer) {}

    /** @param told gets a line about what was left out, when the file was gone through for the first time */
    public ConversationSamples(
            Path file, Rendering rendering, SampleSettings settings, ReadSettings reading, Consumer<String> told) {
        this.file = file;
        this.rendering = rendering;
        this.settings = settings;
        this.reading = reading;
        this.told = told;
    }

    @Override
    public String fingerprint() {
        List<Path> files = new ArrayList<>(List.of(file));
        TEMPLATE_FILES.stream()
                .map(rendering.folder()::resolve)
                .filter(Files::isRegularFile)
                .forEach(files::add);
        return ContentHash.of(files) + " " + settings.labels() + " " + settings.maxTokens() + " " + reading.form() + " "
                + reading.onBad();
    }

    @Override
    public Iterator<Sample> open() {
        return new Reading(Conversations.open(file, reading));
    }

    /** One pass through the file. */
    private final class Reading extends SearchingIterator<Sample> {
        private final Conversations conversations;
        private final Map<SampleResult.Reason, Integer> skipped = new EnumMap<>(SampleResult.Reason.class);
        private String example = "";
        private int truncated;
        private boolean ended;

        Reading(Conversations conversations) {
            this.conversations = conversations;
        }

        @Override
        Optional<Sample> search() {
            while (!ended) {
                Optional<Conversation> conversation = conversations.next();
                if (conversation.isEmpty()) {
                    ended = true;
                    conversations.close();
                    tell();
                    break;
                }
                Optional<Sample> sample = sample(conversation.get());
                if (sample.isPresent()) {
                    return sample;
                }
            }
            return Optional.empty();
        }

        private Optional<Sample> sample(Conversation conversation) {
            return switch (Samples.of(conversation, rendering.template(), rendering.tokenizer(), settings)) {
                case SampleResult.Made made -> {
                    truncated += made.truncated() ? 1 : 0;
                    yield Optional.of(made.sample());
                }
                case SampleResult.Skipped left -> {
                    skipped.merge(left.reason(), 1, Integer::sum);
                    example = example.isEmpty() ? left.message() : example;
                    yield Optional.empty();
                }
            };
        }

        private void tell() {
            if (alreadyTold) {
                return;
            }
            alreadyTold = true;
            if (conversations.skipped() > 0) {
                told.accept(file + ": " + conversations.skipped() + " bad rows were left out");
            }
            if (!skipped.isEmpty()) {
                int count =
                        skipped.values().stream().mapToInt(Integer::intValue).sum();
                told.accept(file + ": " + count + " conversations were left out, for instance " + example);
            }
            if (truncated > 0) {
                told.accept(file + ": " + truncated + " conversations were cut at " + settings.maxTokens()
                        + " tokens (--model_max_length)");
            }
        }
    }
}
