package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.backend.LowRankMatrix;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.ElementType;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.KvLayout;
import dev.gorgon.kernels.LargeMemory;
import dev.gorgon.kernels.LowRank;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.RopeTable;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Off-heap memory of one model or adapter: one arena, freed as a whole. */
final class CpuMemory implements Backend.Memory {

    /** Some rows that stay in the cache between being copied and being packed. */
    private static final long COPY_BYTES = 1 << 18;

    private final Kernels kernels;
    private final WeightFormat format;
    private final Optional<PackCache> cache;
    private final Arena arena = Arena.ofShared();
    private final AtomicLong bytes = new AtomicLong();

    /**
     * @param format of the base model's layers
     * @param cache of the base model's packed matrices
     */
    CpuMemory(Kernels kernels, WeightFormat format, Optional<PackCache> cache) {
        this.kernels = kernels;
        this.cache = cache;
        this.format = format;
    }

    private static ElementType elementType(DType type) {
        return switch (type) {
            case F32 -> ElementType.F32;
            case F16 -> ElementType.F16;
            case BF16 -> ElementType.BF16;
            default -> throw new IllegalArgumentException("weights of type " + type + " are not supported");
        };
    }

    private static PackedMatrix.Source source(Tensor tensor) {
        return new PackedMatrix.Source(
                tensor.data(),
                elementType(tensor.dtype()),
                Math.toIntExact(tensor.dim(0)),
                Math.toIntExact(tensor.dim(1)));
    }

    @Override
    public Matrix matrix(int outFeatures, int inFeatures) {
        return matrix(format.unquantized(), outFeatures, inFeatures);
    }

    @Override
    public Matrix baseMatrix(
            String name, Backend.MatrixRole role, int outFeatures, int inFeatures, Consumer<Matrix> fill) {
        boolean finer = role == Backend.MatrixRole.LM_HEAD && format == WeightFormat.Q4;
        WeightFormat stored = finer ? WeightFormat.Q8 : format;
        Optional<PackedMatrix> kept = cache.flatMap(packs -> packs.find(name, stored, outFeatures, inFeatures));
        if (kept.isPresent()) {
            bytes.addAndGet(kept.get().data().byteSize());
            return new CpuMatrix(kept.get());
        }
        Matrix matrix = matrix(stored, outFeatures, inFeatures);
        fill.accept(matrix);
        cache.ifPresent(packs -> packs.put(name, CpuMatrix.of(matrix)));
        return matrix;
    }

    @Override
    public void baseModelComplete() {
        cache.ifPresent(PackCache::save);
    }

    private Matrix matrix(WeightFormat stored, int outFeatures, int inFeatures) {
        bytes.addAndGet(PackedMatrix.bytes(stored, outFeatures, inFeatures));
        return new CpuMatrix(PackedMatrix.allocate(arena, stored, outFeatures, inFeatures));
    }

    @Override
    public boolean fill(Matrix matrix, int firstOutput, Tensor tensor, float scale) {
        PackedMatrix.Source source = source(tensor);
        if (!tensor.data().isMapped()) {
            try {
                return kernels.pack(CpuMatrix.of(matrix), source, 0, source.rows(), firstOutput, scale);
            } finally {
                // kernels see addresses only, and the tensor's memory may be one that is freed with the last reference
                Reference.reachabilityFence(tensor);
            }
        }
        return fillFromFile(CpuMatrix.of(matrix), source, firstOutput, scale);
    }

    /**
     * Packs some rows after the other from a copy. If a file becomes shorter while it is mapped, a copy in Java fails with an
     * {@link InternalError}, but native code would end the process.
     */
    private boolean fillFromFile(PackedMatrix matrix, PackedMatrix.Source source, int firstOutput, float scale) {
        long rowBytes = (long) source.columns() * source.type().bytes();
        int rows = Math.clamp(COPY_BYTES / Math.max(1, rowBytes), 1, Math.max(1, source.rows()));
        boolean sound = true;
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment copy = scratch.allocate(rows * rowBytes, 64);
            for (int row = 0; row < source.rows(); row += rows) {
                int count = Math.min(rows, source.rows() - row);
                MemorySegment.copy(source.data(), row * rowBytes, copy, 0, count * rowBytes);
                PackedMatrix.Source part = new PackedMatrix.Source(copy, source.type(), count, source.columns());
                sound &= kernels.pack(matrix, part, 0, count, firstOutput + row, scale);
            }
        }
        return sound;
    }

    @Override
    public LowRankMatrix lowRank(int inFeatures, List<LowRankMatrix.Part> parts) {
        List<LowRank.Shape> shapes = parts.stream()
                .map(part -> new LowRank.Shape(part.rank(), part.outFeatures(), part.firstColumn()))
                .toList();
        LowRank change = LowRank.allocate(arena, format.unquantized(), inFeatures, shapes);
        bytes.addAndGet(change.bytes());
        return new CpuLowRank(change);
    }

    @Override
    public boolean fill(LowRankMatrix change, int part, Tensor down, Tensor up, float scale) {
        LowRank packed = CpuLowRank.of(change);
        LowRank.Part target = packed.parts().get(part);
        try (Arena scratch = Arena.ofConfined()) {
            PackedMatrix.Source source = copied(up, scratch);
            return kernels.packDown(packed, copied(down, scratch), target.firstRank())
                    & kernels.pack(target.up(), source, 0, source.rows(), 0, scale);
        } finally {
            Reference.reachabilityFence(down);
            Reference.reachabilityFence(up);
        }
    }

    /** What lies in a file is copied first, see {@link #fillFromFile}. */
    private static PackedMatrix.Source copied(Tensor tensor, Arena scratch) {
        PackedMatrix.Source source = source(tensor);
        if (!tensor.data().isMapped()) {
            return source;
        }
        MemorySegment copy = scratch.allocate(source.data().byteSize(), 64);
        return new PackedMatrix.Source(copy.copyFrom(source.data()), source.type(), source.rows(), source.columns());
    }

    @Override
    public EmbeddingTable embeddings(Tensor source) {
        int rows = Math.toIntExact(source.dim(0));
        int columns = Math.toIntExact(source.dim(1));
        WeightFormat stored = format.unquantized();
        long size = (long) rows * columns * stored.bytes();
        bytes.addAndGet(size);
        CpuEmbeddings table = new CpuEmbeddings(LargeMemory.allocate(arena, size), stored, rows, columns);
        table.fill(source);
        return table;
    }

    @Override
    public Activations activations(int rows, int columns) {
        FloatMatrix values = FloatMatrix.allocate(arena, rows, columns);
        bytes.addAndGet(values.segment().byteSize());
        return new CpuActivations(values);
    }

    @Override
    public Activations vector(Tensor source) {
        int length = Math.toIntExact(source.elements());
        FloatMatrix values = FloatMatrix.allocate(arena, 1, length);
        bytes.addAndGet(values.segment().byteSize());
        CpuActivations vector = new CpuActivations(values);
        copy(source, vector);
        return vector;
    }

    @Override
    public void copy(Tensor source, Activations target) {
        FloatMatrix values = CpuActivations.of(target);
        for (int i = 0; i < values.columns(); i++) {
            values.set(0, i, source.at(i));
        }
    }

    @Override
    public KvStorage keyValues(int blocks, int layers, int kvHeads, int headDim) {
        KvLayout layout = new KvLayout(headDim, format.unquantized());
        bytes.addAndGet(layout.pageBytes() * blocks * layers * kvHeads);
        return new CpuKvStorage(arena, layout, blocks, layers, kvHeads);
    }

    @Override
    public AttentionLayer.Rotation rotation(int positions, float[] frequencies) {
        bytes.addAndGet(8L * positions * frequencies.length);
        return new CpuRotation(RopeTable.create(arena, positions, frequencies));
    }

    @Override
    public LogitStats logitStats(int rows, int vocabularySize) {
        return new CpuLogitStats(rows, vocabularySize);
    }

    @Override
    public MemorySegment hostView(Activations activations, int row) {
        FloatMatrix values = CpuActivations.of(activations);
        return values.segment().asSlice(4L * row * values.stride(), 4L * values.columns());
    }

    @Override
    public long bytes() {
        return bytes.get();
    }

    @Override
    public void close() {
        arena.close();
        cache.ifPresent(PackCache::close);
    }
}
