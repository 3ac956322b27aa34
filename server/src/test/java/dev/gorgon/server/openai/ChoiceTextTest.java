package dev.gorgon.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.text.StopMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What of a completion is shown, and when. */
class ChoiceTextTest {
    private static final int END = 2;

    private static ChoiceText choice(boolean ignoreEos, String... stops) {
        GenerateRequest request = new GenerateRequest(
                new int[] {1},
                AdapterSelection.DEFAULT,
                SamplingParameters.GREEDY,
                100,
                List.of(stops),
                ignoreEos,
                false,
                0,
                GenerateRequest.ANY_SPECULATION);
        return new ChoiceText(request, id -> id == END);
    }

    private static TokenEvent token(String text) {
        return new TokenEvent(7, text, -1, false, false, List.of());
    }

    private static TokenEvent special(String text) {
        return new TokenEvent(8, text, -1, true, false, List.of());
    }

    private static Completion completion(FinishReason reason, String text) {
        return new Completion(reason, text, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0);
    }

    @Test
    void specialTokensAreHeardButNotSeen() {
        ChoiceText choice = choice(true, "a<x>b");
        assertThat(choice.add(token("1")).text()).isEqualTo("1");
        assertThat(choice.add(special("<s>")).text()).isEmpty();
        assertThat(choice.add(token("a")).text()).isEmpty();
        assertThat(choice.add(special("<x>")).text()).isEmpty();
        ChoiceText.Part part = choice.add(token("c"));
        assertThat(part.text()).isEqualTo("ac");
        assertThat(part.tokens()).hasSize(3);
        assertThat(choice.add(special("a<x>")).tokens()).isEmpty();
        assertThat(choice.add(token("b")).isEmpty()).isTrue();
        Completion stopped = completion(FinishReason.STOP_SEQUENCE, "1acb");
        assertThat(choice.finish(stopped).isEmpty()).isTrue();
        assertThat(choice.finishReason(stopped)).isEqualTo("stop");
    }

    @Test
    void incompleteCharactersComeAtTheEndAsFarAsTheyGo() {
        ChoiceText choice = choice(false);
        assertThat(choice.add(token("a")).text()).isEqualTo("a");
        assertThat(choice.add(token("")).text()).isEmpty();
        Completion cut = completion(FinishReason.LENGTH, "a\uFFFD");
        assertThat(choice.finish(cut).text()).isEqualTo("\uFFFD");
        assertThat(choice.finishReason(cut)).isEqualTo("length");
    }

    @Test
    void anEndOfSequenceAtTheLimitIsAStop() {
        ChoiceText choice = choice(false);
        choice.add(token("a"));
        assertThat(choice.add(new TokenEvent(END, "</s>", -1, true, false, List.of()))
                        .tokens())
                .isEmpty();
        assertThat(choice.finishReason(completion(FinishReason.LENGTH, "a"))).isEqualTo("stop");
        ChoiceText ignoring = choice(true);
        assertThat(ignoring.add(new TokenEvent(END, "</s>", -1, true, false, List.of()))
                        .tokens())
                .hasSize(1);
        assertThat(ignoring.finishReason(completion(FinishReason.LENGTH, ""))).isEqualTo("length");
    }

    @Test
    void tokensThatReachIntoTheStopKeepTheirPlace() {
        ChoiceText choice = choice(false, "cd");
        assertThat(choice.add(token("a")).tokens()).hasSize(1);
        ChoiceText.Part part = choice.add(token("bc"));
        assertThat(part.text()).isEqualTo("b");
        assertThat(part.tokens()).as("its text is not complete").isEmpty();
        ChoiceText.Part last = choice.add(token("d"));
        assertThat(last.text()).isEmpty();
        assertThat(last.tokens()).extracting(TokenEvent::text).containsExactly("bc");
    }

    /** Random texts over two letters, cut at random, against the engine's own rule on the whole text. */
    @Test
    void anyCutOfAnyTextShowsTheSame() {
        SplittableRandom random = new SplittableRandom(5);
        for (int run = 0; run < 20_000; run++) {
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                stops.add(text(random, 1 + random.nextInt(4)));
            }
            StopMatcher engine = new StopMatcher(stops);
            ChoiceText choice = choice(false, stops.toArray(String[]::new));
            StringBuilder whole = new StringBuilder();
            StringBuilder shown = new StringBuilder();
            boolean stopped = false;
            for (int i = random.nextInt(8); i >= 0 && !stopped; i--) {
                String piece = text(random, random.nextInt(4));
                int end = engine.append(piece);
                stopped = end >= 0;
                piece = stopped ? piece.substring(0, end) : piece;
                whole.append(piece);
                shown.append(choice.add(token(piece)).text());
                assertThat(whole.toString()).startsWith(shown.toString());
                assertThat(stopped || whole.length() - shown.length() < 4).isTrue();
            }
            Completion completion =
                    completion(stopped ? FinishReason.STOP_SEQUENCE : FinishReason.LENGTH, whole.toString());
            shown.append(choice.finish(completion).text());
            String expected = stopped ? cut(whole.toString(), stops) : whole.toString();
            assertThat(shown.toString()).as("%s in %s", stops, whole).isEqualTo(expected);
            assertThat(choice.finishReason(completion)).isEqualTo(stopped ? "stop" : "length");
        }
    }

    private static String text(SplittableRandom random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextBoolean() ? 'a' : 'b');
        }
        return text.toString();
    }

    private static String cut(String whole, List<String> stops) {
        int longest = stops.stream()
                .filter(whole::endsWith)
                .mapToInt(String::length)
                .max()
                .orElseThrow();
        return whole.substring(0, whole.length() - longest);
    }
}
