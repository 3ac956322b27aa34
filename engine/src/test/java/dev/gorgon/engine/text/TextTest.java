package dev.gorgon.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTest {

    private static Tokenizer tokenizer;

    @BeforeAll
    static void load() {
        tokenizer = HuggingFaceTokenizer.load(DemoFolders.folder("stheno-8m"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void encodesLikeTransformers() {
        for (Reference.Prompt prompt : Reference.prompts()) {
            assertThat(tokenizer.encode(prompt.text(), !prompt.rendered())).isEqualTo(prompt.ids());
        }
        for (Reference.Prompt prompt : Reference.longPrompts()) {
            assertThat(tokenizer.encode(prompt.text(), true)).isEqualTo(prompt.ids());
        }
    }

    @Test
    void nothingIsTruncatedAndOddTextIsTaken() {
        assertThat(tokenizer.encode("word ".repeat(5000), true).length).isGreaterThan(5000);
        assertThat(tokenizer.encode("", false)).isEmpty();
        for (String text : new String[] {"\u0000", "\ud800", "\udc00x", "a\ud83d\ude00", "\uffff"}) {
            assertThat(tokenizer.encode(text, false)).isNotEmpty();
        }
    }

    @Test
    void piecesHaveCodePointOffsets() {
        List<Tokenizer.Piece> pieces = tokenizer.pieces("\ud83d\ude00 Hello", true);
        assertThat(pieces.getFirst()).isEqualTo(new Tokenizer.Piece(1, "<s>", 0, 0));
        assertThat(pieces.getLast().stop()).isEqualTo(7);
        assertThat(tokenizer.isSpecial(2)).isTrue();
        assertThat(tokenizer.isSpecial(400)).isFalse();
        assertThat(tokenizer.bosTokenId()).hasValue(1);
        assertThat(tokenizer.eosTokenId()).hasValue(2);
    }

    /** Streamed pieces add up to the whole text, however characters are cut into tokens. */
    @Test
    void streamedTextIsTheWholeText() {
        for (String text : new String[] {
            "Hello there, how are you?",
            "na\u00efve caf\u00e9 \ud83d\ude00\ud83c\uddea\ud83c\uddfa e\u0301 \u4f60\u597d",
            "  two  spaces\n\n\ttab and newlines\n",
            "def f(x):\n    return x * 2  # \u03c0"
        }) {
            int[] prompt = tokenizer.encode("[INST] x [/INST]", true);
            int[] answer = tokenizer.encode(text, false);
            Detokenizer detokenizer = new Detokenizer(tokenizer, prompt);
            StringBuilder streamed = new StringBuilder();
            for (int token : answer) {
                String piece = detokenizer.append(token);
                assertThat(piece).doesNotEndWith("\ufffd");
                streamed.append(piece);
            }
            assertThat(streamed.toString()).isEqualTo(" " + text);
        }
    }

    @Test
    void anIncompleteCharacterIsHeldBackAndFlushedAtTheEnd() {
        int[] emoji = tokenizer.encode("\ud83e\udd84", false);
        Detokenizer detokenizer = new Detokenizer(tokenizer, new int[] {1});
        for (int token : Arrays.copyOf(emoji, emoji.length - 1)) {
            assertThat(detokenizer.append(token)).isBlank();
        }
        assertThat(detokenizer.flush()).contains("\ufffd");
        assertThat(detokenizer.append(emoji[emoji.length - 1])).contains("\ud83e\udd84");
    }

    @Test
    void stopSequencesAreFoundWhereverTheyEnd() {
        SplittableRandom random = new SplittableRandom(2);
        for (int trial = 0; trial < 2000; trial++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                text.append((char) ('a' + random.nextInt(3)));
            }
            List<String> stops = random.nextBoolean() ? List.of("abca", "cc") : List.of("bab");
            int expected = stops.stream()
                    .mapToInt(stop -> text.indexOf(stop) < 0 ? Integer.MAX_VALUE : text.indexOf(stop) + stop.length())
                    .min()
                    .orElseThrow();
            StopMatcher matcher = new StopMatcher(stops);
            int at = 0;
            int found = Integer.MAX_VALUE;
            while (at < text.length() && found == Integer.MAX_VALUE) {
                int end = Math.min(text.length(), at + random.nextInt(6));
                int hit = matcher.append(text.substring(at, end));
                found = hit < 0 ? found : at + hit;
                at = end;
            }
            assertThat(found).as("%s in %s", stops, text).isEqualTo(expected);
        }
        assertThat(new StopMatcher(List.of("")).append("x"))
                .as("an empty one ends after one token")
                .isEqualTo(1);
        assertThat(new StopMatcher(List.of()).append("x")).isEqualTo(-1);
    }

    @Test
    void llamaTokenizersAreSurroundedAsTheirConfigurationSays(@TempDir Path folder) throws IOException {
        Path demo = DemoFolders.folder("stheno-8m");
        Files.copy(demo.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        String config = Files.readString(demo.resolve("tokenizer_config.json"))
                .replace("PreTrainedTokenizerFast", "LlamaTokenizerFast");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                config.replace("\"add_bos_token\": true", "\"add_bos_token\": false")
                        .replace("\"add_eos_token\": false", "\"add_eos_token\": true"));
        try (Tokenizer llama = HuggingFaceTokenizer.load(folder)) {
            int[] ids = llama.encode("Hello", true);
            assertThat(ids[0]).isNotEqualTo(1);
            assertThat(ids[ids.length - 1]).isEqualTo(2);
        }
    }

    @Test
    void brokenTokenizersAreRefused(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> HuggingFaceTokenizer.load(folder)).hasMessageContaining("there is no tokenizer.json");
        for (String content : new String[] {"", "{", "[]", "{}", "{\"model\":{\"type\":\"BPE\"}}"}) {
            Files.writeString(folder.resolve("tokenizer.json"), content);
            assertThatThrownBy(() -> HuggingFaceTokenizer.load(folder))
                    .isInstanceOf(TextException.class)
                    .hasMessageContaining("tokenizer.json");
        }
    }
}
