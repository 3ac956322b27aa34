package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.WeightFormat;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Keys and values are used again where they are the same, and nowhere else. */
class PrefixCacheTest {

    private static final EngineOptions OPTIONS = new EngineOptions(4, 64, 0, 120, 0, false, false);
    private static final TestEngine ENGINE = new TestEngine(WeightFormat.F32, 1, OPTIONS, "", Drafter.NONE);
    private static final TestEngine WITHOUT =
            new TestEngine(WeightFormat.F32, 1, OPTIONS.withPrefixCaching(false), "", Drafter.NONE);

    @AfterAll
    static void close() {
        ENGINE.close();
        WITHOUT.close();
    }

    /** A prompt no other test uses. */
    private static int[] prompt(int test, int length) {
        return IntStream.range(0, length)
                .map(i -> 10 + (test * 401 + i * 3) % 4000)
                .toArray();
    }

    private static Workload.Item item(int[] prompt, String adapter, int newTokens) {
        return new Workload.Item(prompt, adapter, SamplingParameters.GREEDY, newTokens, 0);
    }

    /** Runs with and without the cache, expects the same bits, and returns the cached prompt tokens. */
    private static int cached(Workload.Item item) {
        TestEngine.Result expected = WITHOUT.run(item.on(WITHOUT, false));
        TestEngine.Result actual = ENGINE.run(item.on(ENGINE, false));
        assertThat(Workload.Answer.of(actual).same(Workload.Answer.of(expected)))
                .isTrue();
        assertThat(expected.completion().cachedPromptTokens()).isZero();
        assertThat(actual.completion().promptTokens()).isEqualTo(item.prompt().length);
        return actual.completion().cachedPromptTokens();
    }

    @Test
    void repeatedPrompts() {
        int[] prompt = prompt(1, 50);
        long lookups = ENGINE.engine().stats().prefix().lookups();
        assertThat(cached(item(prompt, "", 5))).isZero();
        assertThat(cached(item(prompt, "", 5))).isEqualTo(48);
        assertThat(cached(item(Arrays.copyOf(prompt, 48), "", 5))).isEqualTo(32);
        assertThat(cached(item(Arrays.copyOf(prompt, 33), "", 5))).isEqualTo(32);
        assertThat(cached(item(Arrays.copyOf(prompt, 16), "", 5))).isZero();
        assertThat(ENGINE.engine().stats().prefix().lookups() - lookups).isEqualTo(5);
        assertThat(WITHOUT.engine().stats().prefix().lookups()).isZero();
    }

    /** The answer of one turn is part of the prompt of the next. */
    @Test
    void generatedTokensAreUsedAgain() {
        int[] prompt = prompt(2, 20);
        int[] answer = ENGINE.run(item(prompt, "", 45).on(ENGINE, false)).ids();
        int[] next = IntStream.concat(
                        IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer)), Arrays.stream(prompt(3, 10)))
                .toArray();
        // 20 and 45 tokens, of which the last one was emitted but never fed
        assertThat(cached(item(next, "", 5))).isEqualTo(64);
    }

    @Test
    void adaptersShareNothingButWhatTheirHeadsLeaveAlone() {
        int[] prompt = prompt(4, 40);
        assertThat(cached(item(prompt, "stheno-8m-pirate-lora", 5))).isZero();
        assertThat(cached(item(prompt, "stheno-8m-json-lora", 5))).isZero();
        assertThat(cached(item(prompt, "", 5))).isZero();
        assertThat(cached(item(prompt, "stheno-8m-pirate-lora", 5))).isEqualTo(32);
        assertThat(cached(item(prompt, "stheno-8m-json-lora", 5))).isEqualTo(32);
        // heads do not touch keys and values
        assertThat(cached(item(prompt, "stheno-8m-medusa", 5))).isEqualTo(32);
    }

    /** The logprobs of a prompt need the logits of all its rows, so it is computed in full; others may use the result. */
    @Test
    void promptLogprobsAreComputedInFull() {
        Workload.Item item = item(prompt(5, 40), "", 5);
        assertThat(cached(item)).isZero();
        TestEngine.Result result = ENGINE.run(item.on(ENGINE, true));
        assertThat(result.completion().cachedPromptTokens()).isZero();
        assertThat(result.prompt()).hasSize(40);
        assertThat(result.prompt())
                .isEqualTo(WITHOUT.run(item.on(WITHOUT, true)).prompt());
        assertThat(cached(item)).isEqualTo(32);
    }
}
