package dev.gorgon.cli;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.DecoderWeights;
import dev.gorgon.engine.model.LoraTerms;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A decoder without an engine, whose steps are timed one kind at a time. */
final class BenchModel implements AutoCloseable {

    /** Positions that are stored before a decoding or verifying step. */
    static final int CONTEXT = 128;

    private static final int CHUNK = 512;
    private static final int MAX_SEQUENCES = 32;
    private static final int MAX_PROMPT = 2048;

    private final Backend backend;
    private final Backend.Memory memory;
    private final DecoderWeights weights;
    private final Decoder decoder;
    private final List<Product> products;

    /** One linear operation: the inputs and outputs it gets when it is timed without the rest. */
    private record Product(Matrix matrix, Activations in, Activations out) {}

    private BenchModel(
            Backend backend, Backend.Memory memory, DecoderWeights weights, Decoder decoder, List<Product> products) {
        this.backend = backend;
        this.memory = memory;
        this.weights = weights;
        this.decoder = decoder;
        this.products = products;
    }

    static BenchModel load(Path folder, Kernels kernels, WeightFormat format, int threads, Optional<Path> packCache) {
        Backend backend = new CpuBackend(kernels, format, threads, packCache);
        Backend.Memory memory;
        ModelConfig config = ModelConfig.read(folder);
        DecoderWeights weights;
        try (Checkpoint checkpoint = Checkpoint.openModel(folder)) {
            memory = backend.baseMemory(checkpoint.identity());
            weights = DecoderLoader.load(config, checkpoint, memory);
        }
        int blocks = Math.max(MAX_SEQUENCES * (CONTEXT / KvStorage.BLOCK + 2), MAX_PROMPT / KvStorage.BLOCK);
        EngineOptions limits = new EngineOptions(MAX_SEQUENCES, CHUNK, 0, blocks, 0, false, false);
        Decoder decoder = ModelLoader.decoder(config, weights, memory, limits);
        return new BenchModel(backend, memory, weights, decoder, products(weights, memory));
    }

    private static List<Product> products(DecoderWeights weights, Backend.Memory memory) {
        int widestIn = 0;
        int widestOut = 0;
        List<Matrix> matrices = matrices(weights);
        for (Matrix matrix : matrices) {
            widestIn = Math.max(widestIn, matrix.inFeatures());
            widestOut = Math.max(widestOut, matrix.outFeatures());
        }
        Activations in = memory.activations(MAX_SEQUENCES, widestIn);
        Activations out = memory.activations(MAX_SEQUENCES, widestOut);
        return matrices.stream()
                .map(matrix ->
                        new Product(matrix, in.columns(0, matrix.inFeatures()), out.columns(0, matrix.outFeatures())))
                .toList();
    }

    private static List<Matrix> matrices(DecoderWeights weights) {
        List<Matrix> matrices = new ArrayList<>();
        for (DecoderWeights.Layer layer : weights.layers()) {
            matrices.addAll(List.of(layer.qkv(), layer.output(), layer.gateUp(), layer.down()));
        }
        matrices.add(weights.lmHead());
        return matrices;
    }

    String backendName() {
        return backend.name();
    }

    ModelConfig config() {
        return decoder.config();
    }

    /** Bytes of weights that a step reads. */
    long weightBytes() {
        return matrices(weights).stream().mapToLong(Matrix::bytes).sum();
    }

    /** Multiplications and additions of the linear operations for one row, the LM head apart. */
    long operationsPerToken() {
        return matrices(weights).stream()
                .filter(matrix -> matrix != weights.lmHead())
                .mapToLong(matrix -> 2L * matrix.inFeatures() * matrix.outFeatures())
                .sum();
    }

    private static int[] range(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }

    private static int[] tokens(int count) {
        return IntStream.range(0, count).map(i -> 100 + i % 1000).toArray();
    }

    private double time(Batch batch) {
        long start = System.nanoTime();
        backend.run(ops -> decoder.forward(ops, batch));
        return (System.nanoTime() - start) * 1e-9;
    }

    /** Seconds of one step that verifies {@code rows} rows of one sequence, with logits for all. */
    double verify(int rows) {
        int[] blocks = range(0, CONTEXT / KvStorage.BLOCK + 2);
        return time(new Batch(
                tokens(rows),
                List.of(new SequenceRows(0, range(CONTEXT, rows), CONTEXT, null, blocks)),
                range(0, rows),
                LoraTerms.NONE,
                LoraTerms.NONE));
    }

    /** Seconds of one step that decodes one token of each of some sequences. */
    double decode(int sequences) {
        List<SequenceRows> rows = new ArrayList<>();
        int perSequence = CONTEXT / KvStorage.BLOCK + 2;
        for (int i = 0; i < sequences; i++) {
            rows.add(new SequenceRows(i, new int[] {CONTEXT}, CONTEXT, null, range(i * perSequence, perSequence)));
        }
        return time(new Batch(tokens(sequences), rows, range(0, sequences), LoraTerms.NONE, LoraTerms.NONE));
    }

    /** Seconds that a prompt takes, in chunks, with logits for its last token. */
    double prefill(int length) {
        double seconds = 0;
        for (int from = 0; from < length; from += CHUNK) {
            int count = Math.min(CHUNK, length - from);
            boolean last = from + count == length;
            seconds += time(new Batch(
                    tokens(count),
                    List.of(new SequenceRows(
                            0, range(from, count), from, null, range(0, MAX_PROMPT / KvStorage.BLOCK))),
                    last ? new int[] {count - 1} : new int[0],
                    LoraTerms.NONE,
                    LoraTerms.NONE));
        }
        return seconds;
    }

    /** Seconds of the linear operations of a step alone. */
    double linear(int rows) {
        long start = System.nanoTime();
        backend.run(ops -> {
            for (Product product : products) {
                ops.linear(product.matrix, product.in.rows(0, rows), product.out.rows(0, rows), false, List.of());
            }
        });
        return (System.nanoTime() - start) * 1e-9;
    }

    @Override
    public void close() {
        backend.close();
        memory.close();
    }
}
