package dev.gorgon.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.ChatTemplates;
import dev.gorgon.engine.text.HuggingFaceTokenizer;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.train.data.SampleResult.Made;
import dev.gorgon.train.data.SampleResult.Reason;
import dev.gorgon.train.data.SampleResult.Skipped;
import dev.gorgon.train.data.SampleSettings.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Which tokens of a conversation are targets: decoded, they are what the model says. */
class SamplesTest {

    private static final Path MODEL = EmbeddedDemo.folder("stheno-8m").orElseThrow();
    private static final Tokenizer TOKENIZER = HuggingFaceTokenizer.load(MODEL);
    private static final ChatTemplate TEMPLATE = ChatTemplates.read(MODEL).orElseThrow();
    private static final SampleSettings ASSISTANT = new SampleSettings(Labels.ASSISTANT, 2048);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        TOKENIZER.close();
    }

    private ChatTemplate template(String source) throws IOException {
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                JsonMapper.shared()
                        .writeValueAsString(Map.of("chat_template", source, "bos_token", "<s>", "eos_token", "</s>")));
        return ChatTemplates.read(folder).orElseThrow();
    }

    /** User and assistant in turn. */
    private static Conversation talk(String... contents) {
        List<Message> messages = new ArrayList<>();
        for (String content : contents) {
            messages.add(new Message(messages.size() % 2 == 0 ? "user" : "assistant", content));
        }
        return new Conversation("id", messages);
    }

    private static Made made(Conversation conversation, ChatTemplate template, SampleSettings settings) {
        SampleResult result = Samples.of(conversation, template, TOKENIZER, settings);
        assertThat(result).as(result.toString()).isInstanceOf(Made.class);
        return (Made) result;
    }

    /** The targets as text, runs of them separated. */
    private static List<String> targets(Sample sample) {
        List<String> runs = new ArrayList<>();
        for (int from = sample.targets().nextSetBit(0); from >= 0; ) {
            int to = sample.targets().nextClearBit(from);
            runs.add(TOKENIZER.decode(Arrays.copyOfRange(sample.tokens(), from, to), false));
            from = sample.targets().nextSetBit(to);
        }
        return runs;
    }

    @Test
    void assistantOnlyReallyIs() {
        Sample sample = made(talk("Who are you?", "I am Stheno.", "Really?", "Yes, 42 times."), TEMPLATE, ASSISTANT)
                .sample();
        assertThat(targets(sample)).containsExactly("I am Stheno.</s>", "Yes, 42 times.</s>");
        assertThat(sample.tokens())
                .isEqualTo(TOKENIZER.encode(
                        "<s>[INST] Who are you? [/INST] I am Stheno.</s>[INST] Really? [/INST] Yes, 42 times.</s>",
                        false));
        // one begin of sequence, as the server has it
        assertThat(Arrays.stream(sample.tokens()).filter(id -> id == 1).count()).isOne();
        assertThat(sample.targets().get(0)).isFalse();
    }

    /** The tokens before the first target are the prompt that the server makes for this question. */
    @Test
    void targetsBeginWherePromptsEnd() throws IOException {
        Path data = EmbeddedDemo.data().resolve("prompts-sharegpt.json");
        int seen = 0;
        try (Conversations conversations = Conversations.open(data, ReadSettings.STRICT)) {
            for (Optional<Conversation> next = conversations.next(); next.isPresent() && seen < 1500; seen++) {
                Conversation conversation = next.get();
                Made made = made(conversation, TEMPLATE, ASSISTANT);
                Sample sample = made.sample();
                int start = sample.targets().nextSetBit(0);
                int[] prompt = TOKENIZER.encode(
                        Prompts.toAnswer(TEMPLATE, conversation.messages().subList(0, 1)), false);
                assertThat(Arrays.copyOf(sample.tokens(), start)).isEqualTo(prompt);
                assertThat(sample.targets().cardinality()).isEqualTo(sample.tokens().length - start);
                assertThat(targets(sample))
                        .containsExactly(conversation.messages().get(1).content() + "</s>");
                assertThat(made.truncated()).isFalse();
                assertThat(made.alteredTurns()).isZero();
                next = conversations.next();
            }
        }
        assertThat(seen).isEqualTo(1500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "/", "INST", "é 😀 漢字\n\n  x", "Who are you?", "</b>", "a\u0000b", "I am"})
    void anyContentIsFound(String content) {
        assertThat(targets(made(talk("Who are you? 😀", content, "I am", content), TEMPLATE, ASSISTANT)
                        .sample()))
                .containsExactly(content + "</s>", content + "</s>");
    }

    @Test
    void everythingMeansEverything() {
        Sample sample = made(talk("Hi", "Ho"), TEMPLATE, new SampleSettings(Labels.ALL, 2048))
                .sample();
        assertThat(sample.targets().cardinality()).isEqualTo(sample.tokens().length);
    }

    @Test
    void theEndOfACutAnswerIsNoTarget() {
        Conversation cut = new Conversation("id", talk("Hi", "Ho", "Hi", "I am").messages(), true);
        assertThat(targets(made(cut, TEMPLATE, ASSISTANT).sample())).containsExactly("Ho</s>", "I am");
    }

    @Test
    void longConversationsAreCutAtTheEnd() {
        Conversation conversation = talk("Hi", "one two three four five six seven eight nine ten");
        Sample whole = made(conversation, TEMPLATE, ASSISTANT).sample();
        int start = whole.targets().nextSetBit(0);
        Made made = made(conversation, TEMPLATE, new SampleSettings(Labels.ASSISTANT, start + 3));
        assertThat(made.truncated()).isTrue();
        assertThat(made.sample().tokens()).isEqualTo(Arrays.copyOf(whole.tokens(), start + 3));
        assertThat(made.sample().targets().cardinality()).isEqualTo(3);
        assertThat(skipped(conversation, TEMPLATE, new SampleSettings(Labels.ASSISTANT, start))
                        .reason())
                .isEqualTo(Reason.TOO_LONG);
    }

    private static Skipped skipped(Conversation conversation, ChatTemplate template, SampleSettings settings) {
        SampleResult result = Samples.of(conversation, template, TOKENIZER, settings);
        assertThat(result).isInstanceOf(Skipped.class);
        assertThat(((Skipped) result).message()).startsWith("id: ");
        return (Skipped) result;
    }

    @Test
    void conversationsThatAreNoSamples() throws IOException {
        assertThat(skipped(talk("Hi"), TEMPLATE, ASSISTANT).reason()).isEqualTo(Reason.NO_ASSISTANT_TURN);
        assertThat(skipped(talk("Hi", " "), TEMPLATE, ASSISTANT).reason()).isEqualTo(Reason.NO_ASSISTANT_TURN);
        Conversation twice = new Conversation(
                "id", List.of(new Message("user", "a"), new Message("user", "b"), new Message("assistant", "c")));
        assertThat(skipped(twice, TEMPLATE, ASSISTANT))
                .isEqualTo(new Skipped(
                        Reason.TEMPLATE_REFUSES,
                        "id: Conversation roles must alternate user/assistant/user/assistant/..."));
        ChatTemplate upper = template("{% for m in messages %}{{ m.role }}: {{ m.content | upper }}\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant: {% endif %}");
        assertThat(skipped(talk("Hi", "Ho"), upper, ASSISTANT).reason()).isEqualTo(Reason.TEMPLATE_ALTERS);
    }

    private static final String CHATML =
            "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '</s>\n' }}{% endfor %}"
                    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /** What the template puts after the end of a turn is not the model's. */
    @Test
    void turnsWithAFrame() throws IOException {
        assertThat(targets(made(talk("Hi", "Ho", "Hi", " Ho \n"), template(CHATML), ASSISTANT)
                        .sample()))
                .extracting(String::strip)
                .containsExactly("Ho</s>", "Ho \n</s>");
    }

    @Test
    void contentThatIsTrimmed() throws IOException {
        ChatTemplate trims = template(CHATML.replace("m.content", "(m.content | trim)"));
        assertThat(targets(made(talk("Hi", "\n Ho \n", "Hi", "Ho"), trims, ASSISTANT)
                        .sample()))
                .extracting(String::strip)
                .containsExactly("Ho</s>", "Ho</s>");
    }

    /** Without a token that ends a turn, only the content was generated. */
    @Test
    void turnsWithoutAnEnd() throws IOException {
        ChatTemplate plain = template("{% for m in messages %}{{ m.role + ':\n' + m.content + '\n' }}{% endfor %}"
                + "{% if add_generation_prompt %}{{ 'assistant:\n' }}{% endif %}");
        assertThat(targets(made(talk("Hi", "Ho", "Hi", "He"), plain, ASSISTANT).sample()))
                .containsExactly("Ho", "He");
    }

    /** Templates of reasoning models put an empty thought before the last answer only. */
    @Test
    void templatesThatAddBeforeTheLastAnswer() throws IOException {
        ChatTemplate thinks = template("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
                + "{% if m.role == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
                + "{{ m.content + '</s>\n' }}{% endfor %}"
                + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
        Made made = made(talk("Hi", "Ho", "Hi", "think"), thinks, ASSISTANT);
        assertThat(targets(made.sample())).extracting(String::strip).containsExactly("Ho</s>", "think</s>");
        assertThat(made.alteredTurns()).isZero();
    }

    /** Some templates show the system message with the last question only, so that earlier answers had another prompt. */
    @Test
    void answersWithAnotherPromptAreNoTargets() throws IOException {
        ChatTemplate moves = template("{% set s = messages[0].content %}{{ bos_token }}{% for m in messages[1:] %}"
                + "{% if m.role == 'user' %}{{ '[INST] ' }}"
                + "{% if (messages[1:] | selectattr('role', 'equalto', 'user') | list)[-1] == m %}{{ s + ' ' }}{% endif %}"
                + "{{ m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}");
        List<Message> messages =
                new ArrayList<>(talk("One", "two", "three", "four").messages());
        messages.addFirst(new Message("system", "Count."));
        Made made = made(new Conversation("id", messages), moves, ASSISTANT);
        assertThat(targets(made.sample())).containsExactly("four</s>");
        assertThat(made.alteredTurns()).isOne();
    }
}
