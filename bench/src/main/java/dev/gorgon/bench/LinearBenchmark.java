package dev.gorgon.bench;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One thread, one matrix product by number of rows. The small matrix stays in the second-level cache; the large one is rotated
 * with others so that it comes from memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class LinearBenchmark {

    @Param({"1", "2", "4", "8"})
    public int rows;

    @Param({"BF16", "Q8", "Q4", "F32"})
    public WeightFormat format;

    @Param({"768x256", "5632x2048"})
    public String shape;

    @Param({"auto", "portable"})
    public String provider;

    private Kernels kernels;
    private Arena arena;
    private PackedMatrix[] weights;
    private FloatMatrix x;
    private FloatMatrix y;
    private MemorySegment packed;
    private int next;

    /** Allocates enough matrices to exceed the caches where the shape is large. */
    @Setup
    public void allocate() {
        String[] sizes = shape.split("x", 2);
        int outputs = Integer.parseInt(sizes[0]);
        int inputs = Integer.parseInt(sizes[1]);
        arena = Arena.ofShared();
        kernels = KernelProviders.select(provider);
        weights = new PackedMatrix[outputs > 1000 ? 24 : 1];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = PackedMatrix.allocate(arena, format, outputs, inputs);
            weights[i].data().fill((byte) 0x3c);
        }
        packed = arena.allocate(Math.max(1, kernels.packedInputBytes(format, inputs, rows)), 64);
        x = FloatMatrix.allocate(arena, rows, inputs);
        y = FloatMatrix.allocate(arena, rows, outputs);
    }

    @TearDown
    public void free() {
        arena.close();
    }

    /** One product over all outputs. */
    @Benchmark
    public float linear() {
        PackedMatrix w = weights[next++ % weights.length];
        kernels.packInputs(format, x, 0, Kernels.inputGroups(w.inFeatures()), packed);
        kernels.linear(w, 0, w.blocks(), x, packed, y, false);
        return y.get(0, 0);
    }
}
