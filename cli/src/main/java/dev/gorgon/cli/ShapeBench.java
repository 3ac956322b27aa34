package dev.gorgon.cli;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.DecoderWeights;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.LoraTerms;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.model.Rope;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.MachineProbe;
import dev.gorgon.kernels.WeightFormat;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Steps of a large shape with random weights, and what share of the memory's read bandwidth they use. */
final class ShapeBench {

    private static final ModelConfig TINYLLAMA = new ModelConfig(
            "llama",
            2048,
            5632,
            22,
            32,
            4,
            64,
            32000,
            2048,
            1e-5f,
            new Rope(10_000, new Rope.None()),
            0,
            false,
            false,
            false,
            false);
    private static final int CONTEXT = 128;
    private static final int STEPS = 8;
    private static final int[] ROWS = {1, 2, 4, 8};
    private static final long PROBE_BYTES = 2L << 30;

    private final ModelOptions options;
    private final PrintStream out;

    ShapeBench(ModelOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    void run(int runs) {
        WeightFormat format = options.dtype.equals("float32") ? WeightFormat.F32 : WeightFormat.BF16;
        Kernels kernels = KernelProviders.select(options.kernels);
        Backend backend = new CpuBackend(kernels, format, options.workers());
        try (backend;
                Backend.Memory memory = backend.memory();
                MachineProbe probe = new MachineProbe(kernels, PROBE_BYTES, options.workers())) {
            long start = System.nanoTime();
            DecoderWeights weights = random(TINYLLAMA, memory);
            long bytes = weightBytes(weights);
            EngineOptions limits = new EngineOptions(1, 64, 15, CONTEXT / KvStorage.BLOCK + 2, 15, false, false);
            Decoder decoder = ModelLoader.decoder(TINYLLAMA, weights, memory, limits);
            out.printf(
                    "tinyllama-1.1b shape, %s, %s: %.2f GB of weights read per step, made in %.1f s; context %d, median of %d"
                            + " alternating runs%n%n",
                    format, backend.name(), bytes * 1e-9, (System.nanoTime() - start) * 1e-9, CONTEXT, runs);
            for (int rows : ROWS) {
                step(backend, decoder, rows);
            }
            probe.bandwidth();
            double[] bandwidth = new double[runs];
            double[][] steps = new double[ROWS.length][runs];
            for (int run = 0; run < runs; run++) {
                bandwidth[run] = probe.bandwidth();
                for (int i = 0; i < ROWS.length; i++) {
                    steps[i][run] = step(backend, decoder, ROWS[i]);
                }
            }
            report(bytes, bandwidth, steps);
        }
    }

    private void report(long bytes, double[] bandwidth, double[][] steps) {
        out.printf("read bandwidth: %.1f GB/s%n%n", Medians.median(bandwidth) * 1e-9);
        out.println("| rows | ms/step | against 1 row | GB/s | share of read bandwidth |");
        out.println("|---|---|---|---|---|");
        for (int i = 0; i < ROWS.length; i++) {
            double[] speed = Arrays.stream(steps[i]).map(s -> bytes / s).toArray();
            out.printf(
                    "| %d | %.1f | %.2f | %.1f | %.0f %% |%n",
                    ROWS[i],
                    Medians.median(steps[i]) * 1e3,
                    Medians.medianRatio(steps[i], steps[0]),
                    Medians.median(speed) * 1e-9,
                    Medians.medianRatio(speed, bandwidth) * 100);
        }
        out.printf("%ndecode: %.2f tokens/s%n", 1 / Medians.median(steps[0]));
    }

    /** Seconds of one step that verifies {@code rows} rows of one sequence. */
    private static double step(Backend backend, Decoder decoder, int rows) {
        int[] blocks = IntStream.range(0, decoder.storage().blocks()).toArray();
        int[] tokens = IntStream.range(0, rows).map(i -> 100 + i).toArray();
        int[] positions = IntStream.range(0, rows).map(i -> CONTEXT + i).toArray();
        int[] logitRows = IntStream.range(0, rows).toArray();
        Batch batch = new Batch(
                tokens,
                List.of(new SequenceRows(0, positions, CONTEXT, null, blocks)),
                logitRows,
                LoraTerms.NONE,
                LoraTerms.NONE);
        long start = System.nanoTime();
        for (int i = 0; i < STEPS; i++) {
            backend.run(ops -> decoder.forward(ops, batch));
        }
        return (System.nanoTime() - start) * 1e-9 / STEPS;
    }

    private static long weightBytes(DecoderWeights weights) {
        long bytes = weights.lmHead().bytes();
        for (DecoderWeights.Layer layer : weights.layers()) {
            bytes += layer.qkv().bytes()
                    + layer.output().bytes()
                    + layer.gateUp().bytes()
                    + layer.down().bytes();
        }
        return bytes;
    }

    private static DecoderWeights random(ModelConfig config, Backend.Memory memory) {
        int hidden = config.hiddenSize();
        int query = LinearTarget.Q.outFeatures(config);
        int key = LinearTarget.K.outFeatures(config);
        int widest = Math.max(config.vocabularySize(), 2 * config.intermediateSize());
        try (Arena arena = Arena.ofShared()) {
            Random random = new Random(memory, arena, (long) widest * Math.max(hidden, 1));
            List<DecoderWeights.Layer> layers = IntStream.range(0, config.layers())
                    .parallel()
                    .mapToObj(i -> new DecoderWeights.Layer(
                            random.norm(hidden),
                            random.matrix(query + 2 * key, hidden),
                            Optional.empty(),
                            random.matrix(hidden, query),
                            Optional.empty(),
                            random.norm(hidden),
                            random.matrix(2 * config.intermediateSize(), hidden),
                            Optional.empty(),
                            random.matrix(hidden, config.intermediateSize()),
                            Optional.empty()))
                    .toList();
            return new DecoderWeights(
                    memory.embeddings(random.tensor(config.vocabularySize(), hidden)),
                    layers,
                    random.norm(hidden),
                    random.matrix(config.vocabularySize(), hidden));
        }
    }

    /** Hands out matrices cut from one buffer of random bfloat16 values: their values do not matter, their memory does. */
    private static final class Random {
        private final Backend.Memory memory;
        private final MemorySegment values;

        Random(Backend.Memory memory, Arena arena, long elements) {
            this.memory = memory;
            this.values = arena.allocate(2 * elements, 64);
            SplittableRandom random = new SplittableRandom(1);
            for (long i = 0; i < elements; i++) {
                float value = (float) random.nextDouble(-0.05, 0.05);
                values.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
            }
        }

        Tensor tensor(int rows, int columns) {
            return new Tensor(DType.BF16, List.of((long) rows, (long) columns), values.asSlice(0, 2L * rows * columns));
        }

        Matrix matrix(int outputs, int inputs) {
            Matrix matrix = memory.matrix(outputs, inputs);
            memory.fill(matrix, 0, tensor(outputs, inputs), 1f);
            return matrix;
        }

        Activations norm(int columns) {
            return memory.vector(tensor(1, columns));
        }
    }
}
