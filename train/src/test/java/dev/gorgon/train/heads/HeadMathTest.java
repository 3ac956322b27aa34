package dev.gorgon.train.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadMathTest {

    private static final double STEP = 1e-5;

    private static void randomize(HeadParameters parameters, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (HeadParameters.Named named : parameters.all()) {
            for (int r = 0; r < named.values().rows(); r++) {
                for (int c = 0; c < named.values().columns(); c++) {
                    named.values().set(r, c, (float) random.nextDouble(-0.6, 0.6));
                }
            }
        }
    }

    /** A model's LM head, as a tensor and in double. */
    private record SharedHead(Tensor tensor, double[][] values) {

        static SharedHead random(Arena arena, HeadShape shape) {
            SplittableRandom random = new SplittableRandom(7);
            MemorySegment data = arena.allocate(4L * shape.vocabulary() * shape.hidden());
            double[][] values = new double[shape.vocabulary()][shape.hidden()];
            for (int v = 0; v < shape.vocabulary(); v++) {
                for (int i = 0; i < shape.hidden(); i++) {
                    float value = (float) random.nextDouble(-1, 1);
                    data.setAtIndex(ValueLayout.JAVA_FLOAT, (long) v * shape.hidden() + i, value);
                    values[v][i] = value;
                }
            }
            return new SharedHead(
                    new Tensor(DType.F32, List.of((long) shape.vocabulary(), (long) shape.hidden()), data), values);
        }

        Optional<LmHead> packed(Kernels kernels, HeadShape shape, Arena arena) {
            return shape.ownLmHeads()
                    ? Optional.empty()
                    : Optional.of(LmHead.of(tensor, kernels, WeightFormat.F32, arena));
        }
    }

    @ParameterizedTest
    @CsvSource({"2,1,3,10,37", "2,3,2,12,70", "1,1,2,10,37", "1,2,1,8,33", "1,0,2,6,20"})
    void gradientsAreThoseOfFiniteDifferences(int version, int layers, int heads, int hidden, int vocabulary) {
        HeadShape shape = new HeadShape(heads, layers, version, hidden, vocabulary);
        TestRows rows = TestRows.random(3, 23, shape);
        double[] weights = {1, 0.8, 0.64};
        for (String choice : KernelProviders.available()) {
            Kernels kernels = KernelProviders.select(choice);
            try (Arena arena = Arena.ofShared();
                    Workers workers = new Workers(2)) {
                SharedHead lmHead = SharedHead.random(arena, shape);
                HeadParameters parameters = HeadParameters.allocate(arena, shape);
                HeadParameters gradients = HeadParameters.allocate(arena, shape);
                randomize(parameters, 5);
                try (HeadMath math = new HeadMath(kernels, shape, lmHead.packed(kernels, shape, arena), workers)) {
                    HeadScores scores = math.gradients(rows, rows.all(), parameters, weights, gradients);
                    DoubleHeads reference = new DoubleHeads(parameters, lmHead.values);
                    assertThat(scores.total(weights))
                            .isCloseTo(reference.loss(rows, rows.all(), weights), within(1e-5));
                    compare(reference, rows, weights, gradients);
                }
            }
        }
    }

    private static void compare(DoubleHeads reference, TestRows rows, double[] weights, HeadParameters gradients) {
        List<HeadParameters.Named> named = gradients.all();
        double largest = 0;
        for (int i = 0; i < named.size(); i++) {
            double[][] parameter = reference.parameters.get(i);
            FloatMatrix gradient = named.get(i).values();
            for (int r = 0; r < parameter.length; r++) {
                for (int c = 0; c < parameter[r].length; c++) {
                    double before = parameter[r][c];
                    parameter[r][c] = before + STEP;
                    double above = reference.loss(rows, rows.all(), weights);
                    parameter[r][c] = before - STEP;
                    double below = reference.loss(rows, rows.all(), weights);
                    parameter[r][c] = before;
                    double slope = (above - below) / (2 * STEP);
                    largest = Math.max(largest, Math.abs(slope));
                    assertThat((double) gradient.get(r, c))
                            .as("%s at %d, %d", named.get(i).name(), r, c)
                            .isCloseTo(slope, within(2e-6 + 1e-4 * Math.abs(slope)));
                }
            }
        }
        assertThat(largest).as("gradients are not all nothing").isGreaterThan(0.01);
    }

    private static List<Integer> bits(HeadParameters parameters) {
        List<Integer> bits = new ArrayList<>();
        parameters.all().forEach(named -> {
            for (int r = 0; r < named.values().rows(); r++) {
                for (int c = 0; c < named.values().columns(); c++) {
                    bits.add(Float.floatToRawIntBits(named.values().get(r, c)));
                }
            }
        });
        return bits;
    }

    /** A batch that is worked off in pieces is one big batch, whatever the pieces and the threads. */
    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "2,64", "3,1024"})
    void neitherChunksNorThreadsShowInGradients(int threads, int chunk) {
        for (int version : new int[] {1, 2}) {
            HeadShape shape = new HeadShape(2, 2, version, 32, 90);
            TestRows rows = TestRows.random(4, 300, shape);
            assertThat(gradients(shape, rows, threads, chunk)).isEqualTo(gradients(shape, rows, 2, 1000));
        }
    }

    private static List<Integer> gradients(HeadShape shape, TestRows rows, int threads, int chunk) {
        Kernels kernels = KernelProviders.select("auto");
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(threads)) {
            SharedHead lmHead = SharedHead.random(arena, shape);
            HeadParameters parameters = HeadParameters.allocate(arena, shape);
            HeadParameters gradients = HeadParameters.allocate(arena, shape);
            randomize(parameters, 6);
            try (HeadMath math = new HeadMath(kernels, shape, lmHead.packed(kernels, shape, arena), workers, chunk)) {
                HeadScores scores = math.gradients(rows, rows.all(), parameters, new double[] {1, 1}, gradients);
                List<Integer> bits = bits(gradients);
                bits.add(Float.floatToRawIntBits((float) scores.loss(1)));
                return bits;
            }
        }
    }

    @Test
    void evaluationCountsRanksExactly() {
        HeadShape shape = new HeadShape(2, 1, 2, 16, 40);
        TestRows rows = TestRows.random(8, 150, shape);
        Kernels kernels = KernelProviders.select("auto");
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(2)) {
            SharedHead lmHead = SharedHead.random(arena, shape);
            HeadParameters parameters = HeadParameters.allocate(arena, shape); // zeros: heads say what the model says
            try (HeadMath math = new HeadMath(kernels, shape, lmHead.packed(kernels, shape, arena), workers, 64)) {
                HeadScores scores = math.evaluate(rows, parameters);
                for (int head = 0; head < 2; head++) {
                    int count = 0;
                    int top3 = 0;
                    for (int p = 0; p < 150; p++) {
                        int label = rows.labels()[p][head];
                        if (label >= 0) {
                            count++;
                            top3 += rank(lmHead.values, rows.states()[p], label) < 3 ? 1 : 0;
                        }
                    }
                    assertThat(scores.count(head)).isEqualTo(count);
                    assertThat(scores.accuracy(head, 3)).isEqualTo((double) top3 / count);
                    assertThat(scores.loss(head))
                            .isCloseTo(
                                    new DoubleHeads(parameters, lmHead.values).loss(head, rows, rows.all()),
                                    within(1e-5));
                }
            }
        }
    }

    private static int rank(double[][] lmHead, float[] state, int label) {
        double[] logits = new double[lmHead.length];
        for (int v = 0; v < lmHead.length; v++) {
            for (int i = 0; i < state.length; i++) {
                logits[v] += lmHead[v][i] * state[i];
            }
        }
        int rank = 0;
        for (double logit : logits) {
            rank += logit > logits[label] ? 1 : 0;
        }
        return rank;
    }
}
