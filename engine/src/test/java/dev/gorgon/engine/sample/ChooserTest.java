package dev.gorgon.engine.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChooserTest {

    private static final int[] PROMPT = {1, 5, 7};

    private static LogitsRow row(float... logits) {
        MemorySegment segment = Arena.ofAuto().allocate(4L * logits.length, 64);
        MemorySegment.copy(logits, 0, segment, ValueLayout.JAVA_FLOAT, 0, logits.length);
        int best = 0;
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
            sum += Math.exp(logits[i]);
        }
        return new LogitsRow(segment, logits.length, best, Math.log(sum));
    }

    private static SamplingParameters sampled(float temperature, int topK, float topP, float typicalP, long seed) {
        return new SamplingParameters(true, temperature, topK, topP, typicalP, 1f, 0f, 0f, false, seed, 0);
    }

    private static float[] random(SplittableRandom random, int count, double spread) {
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = (float) (random.nextDouble(-1, 1) * spread);
        }
        return logits;
    }

    /** Frequencies of the draws against softmax, over seeds and over output indices. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void drawsFollowTheDistribution(boolean overSeeds) {
        float[] logits = {0f, 1f, 2f, -1f, 0.5f, 2f, -3f, 1.5f};
        LogitsRow row = row(logits);
        int draws = 40_000;
        int[] counts = new int[logits.length];
        for (int i = 0; i < draws; i++) {
            Chooser chooser = new Chooser(sampled(1f, 0, 1f, 1f, overSeeds ? i : 42), PROMPT, logits.length);
            counts[chooser.choose(row, overSeeds ? 3 : i, 0).token()]++;
        }
        double chiSquare = 0;
        for (int i = 0; i < logits.length; i++) {
            double expected = draws * Math.exp(logits[i] - row.logSumExp());
            chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        assertThat(chiSquare).isLessThan(24.3); // 7 degrees of freedom, one in a thousand; the seeds are fixed
    }

    @Test
    void neighbouringOutputsAreIndependent() {
        LogitsRow row = row(0f, 0f);
        int[] pairs = new int[4];
        Chooser chooser = new Chooser(sampled(1f, 0, 1f, 1f, 9), PROMPT, 2);
        int before = chooser.choose(row, 0, 0).token();
        for (int n = 1; n <= 20_000; n++) {
            int token = chooser.choose(row, n, 0).token();
            pairs[2 * before + token]++;
            before = token;
        }
        for (int count : pairs) {
            assertThat(count).isCloseTo(5000, within(250));
        }
    }

    @Test
    void theBoundNeverChangesADraw() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 300; trial++) {
            float[] logits = random(random, 500, 4);
            long seed = random.nextLong();
            int n = random.nextInt(100);
            CounterNoise noise = new CounterNoise(seed, 0, n);
            int best = 0;
            double bestScore = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < logits.length; i++) {
                assertThat(CounterNoise.gumbel(noise.bits(i))).isLessThan(CounterNoise.bound(noise.bits(i)));
                double score = logits[i] + CounterNoise.gumbel(noise.bits(i));
                if (score > bestScore) {
                    best = i;
                    bestScore = score;
                }
            }
            Chooser chooser = new Chooser(sampled(1f, 0, 1f, 1f, seed), PROMPT, logits.length);
            assertThat(chooser.choose(row(logits), n, 0).token()).isEqualTo(best);
        }
    }

    @Test
    void noiseStaysInItsRange() {
        assertThat(CounterNoise.gumbel(0)).isCloseTo(-3.604, within(1e-3));
        assertThat(CounterNoise.gumbel((1L << 52) - 1)).isCloseTo(36.7368, within(1e-3));
    }

    private static List<Integer> kept(float[] logits, SamplingParameters parameters) {
        Chooser chooser = new Chooser(parameters, PROMPT, logits.length);
        return chooser.choose(row(logits), 0, logits.length).alternatives().stream()
                .filter(candidate -> candidate.logprob() > Float.NEGATIVE_INFINITY)
                .map(Choice.Candidate::token)
                .sorted()
                .toList();
    }

    @Test
    void topKKeepsTiesAndIsClamped() {
        float[] logits = {1f, 3f, 2f, 2f, 0f};
        assertThat(kept(logits, sampled(1f, 1, 1f, 1f, 0))).containsExactly(1);
        assertThat(kept(logits, sampled(1f, 2, 1f, 1f, 0))).containsExactly(1, 2, 3);
        assertThat(kept(logits, sampled(1f, 99, 1f, 1f, 0))).hasSize(5);
    }

    @Test
    void topPAndTypicalPKeepTheSmallestSets() {
        SplittableRandom random = new SplittableRandom(4);
        for (int trial = 0; trial < 200; trial++) {
            float[] logits = random(random, 60, 5);
            float p = (float) random.nextDouble(0.05, 0.99);
            double logSum = row(logits).logSumExp();
            double[] probabilities = IntStream.range(0, 60)
                    .mapToDouble(i -> Math.exp(logits[i] - logSum))
                    .toArray();
            double entropy =
                    Arrays.stream(probabilities).map(q -> -q * Math.log(q)).sum();
            assertThat(kept(logits, sampled(1f, 0, p, 1f, 0)))
                    .isEqualTo(smallest(probabilities, i -> -probabilities[i], p));
            assertThat(kept(logits, sampled(1f, 0, 1f, p, 0)))
                    .isEqualTo(smallest(probabilities, i -> Math.abs(-Math.log(probabilities[i]) - entropy), p));
        }
    }

    private static List<Integer> smallest(double[] probabilities, Filters.Score order, double p) {
        List<Integer> sorted =
                new ArrayList<>(IntStream.range(0, probabilities.length).boxed().toList());
        sorted.sort((a, b) -> Double.compare(order.of(a), order.of(b)));
        double mass = 0;
        int count = 0;
        while (count < sorted.size() && mass < p) {
            mass += probabilities[sorted.get(count++)];
        }
        return sorted.subList(0, count).stream().sorted().toList();
    }

    @Test
    void penalties() {
        float[] logits = {2f, -2f, 1f, 1f, 1f, 1f, 1f, 4f};
        SamplingParameters repetition = new SamplingParameters(false, 1f, 0, 1f, 1f, 2f, 0f, 0f, false, 0, 0);
        Chooser chooser = new Chooser(repetition, new int[] {1, 7}, 8);
        double[] expected = {2, -4, 1, 1, 1, 1, 1, 2};
        double logSum = Math.log(Arrays.stream(expected).map(Math::exp).sum());
        for (Choice.Candidate candidate : chooser.choose(row(logits), 0, 8).alternatives()) {
            assertThat((double) candidate.logprob()).isCloseTo(expected[candidate.token()] - logSum, within(1e-5));
        }
        SamplingParameters counted = new SamplingParameters(false, 1f, 0, 1f, 1f, 1f, 0.75f, 0.5f, false, 0, 0);
        Chooser counting = new Chooser(counted, new int[] {7, 7}, 8);
        assertThat(counting.choose(row(logits), 0, 0).token())
                .as("the prompt does not count")
                .isEqualTo(7);
        counting.accept(7);
        assertThat(counting.choose(row(logits), 1, 0).token()).as("4 - 1.25").isEqualTo(7);
        counting.accept(7);
        assertThat(counting.choose(row(logits), 2, 0).token())
                .as("4 - 2.0 ties with 2: the lower id")
                .isZero();
    }

    @Test
    void biasComesBeforeThePenalties() {
        float[] logits = {2f, -2f, 1f, 1f, 1f, 1f, 1f, 4f};
        SamplingParameters biased = new SamplingParameters(
                false, 1f, 0, 1f, 1f, 2f, 0f, 0f, false, 0, 0, Map.of(1, 5f, 7, -100f, 2, -2f, 99, 100f, -1, 100f));
        Chooser chooser = new Chooser(biased, new int[] {1, 2, 7}, 8);
        // seen: 1 becomes (-2 + 5) / 2, 2 becomes (1 - 2) * 2, 7 becomes (4 - 100) * 2
        double[] expected = {2, 1.5, -2, 1, 1, 1, 1, -192};
        double logSum = Math.log(Arrays.stream(expected).map(Math::exp).sum());
        for (Choice.Candidate candidate : chooser.choose(row(logits), 0, 8).alternatives()) {
            assertThat((double) candidate.logprob()).isCloseTo(expected[candidate.token()] - logSum, within(1e-5));
        }
        assertThat(chooser.choose(row(logits), 0, 0).token())
                .as("not the arg-max of the row")
                .isZero();
    }

    @Test
    void rebuildingTheHistoryGivesTheSameContinuation() {
        SplittableRandom random = new SplittableRandom(8);
        SamplingParameters parameters =
                new SamplingParameters(true, 0.9f, 30, 0.95f, 1f, 1.2f, 0.4f, 0.1f, true, -17, 2);
        Chooser original = new Chooser(parameters, PROMPT, 100);
        List<Integer> generated = new ArrayList<>();
        for (int n = 0; n < 50; n++) {
            LogitsRow row = row(random(random, 100, 3));
            Chooser rebuilt = new Chooser(parameters, PROMPT, 100);
            generated.forEach(rebuilt::accept);
            Choice choice = original.choose(row, n, 2);
            assertThat(rebuilt.choose(row, n, 2)).isEqualTo(choice);
            assertThat(original.choose(row, n, 2))
                    .as("choosing changes nothing")
                    .isEqualTo(choice);
            original.accept(choice.token());
            generated.add(choice.token());
        }
    }

    @Test
    void extremeTemperaturesAndLogits() {
        float[] logits = {1f, 5f, 5f, Float.NEGATIVE_INFINITY, -80f};
        for (float temperature : new float[] {1e-38f, 1e-6f, 1e6f, 3e38f}) {
            Choice choice = new Chooser(sampled(temperature, 0, 1f, 1f, 1), PROMPT, 5).choose(row(logits), 0, 5);
            assertThat(choice.token()).isNotEqualTo(3);
            assertThat(choice.logprob()).isFinite();
        }
        Chooser cold = new Chooser(sampled(1e-6f, 0, 1f, 1f, 1), PROMPT, 5);
        assertThat(cold.choose(row(logits), 0, 0).token()).isIn(1, 2);
        assertThat(new Chooser(SamplingParameters.GREEDY, PROMPT, 5)
                        .choose(row(logits), 0, 1)
                        .token())
                .isEqualTo(1);
        Chooser chooser = new Chooser(sampled(1f, 0, 0.9f, 1f, 1), PROMPT, 2);
        assertThatThrownBy(() -> chooser.choose(row(Float.NaN, 1f), 0, 0)).isInstanceOf(SamplingException.class);
        assertThatThrownBy(() -> chooser.choose(row(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY), 0, 0))
                .isInstanceOf(SamplingException.class);
    }

    @Test
    void plainGreedyEqualsTheFullPath() {
        SplittableRandom random = new SplittableRandom(3);
        Chooser chooser = new Chooser(SamplingParameters.GREEDY, PROMPT, 300);
        for (int i = 0; i < 50; i++) {
            LogitsRow row = row(random(random, 300, 6));
            Choice fast = chooser.choose(row, i, 0);
            Choice full = chooser.choose(row, i, 4);
            assertThat(fast.token()).isEqualTo(full.token());
            assertThat((double) fast.logprob()).isCloseTo(full.logprob(), within(1e-6));
            assertThat(full.alternatives().getFirst().token()).isEqualTo(full.token());
            assertThat(full.alternatives()).isSortedAccordingTo((a, b) -> Float.compare(b.logprob(), a.logprob()));
        }
    }
}
