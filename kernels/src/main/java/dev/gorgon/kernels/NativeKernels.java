package dev.gorgon.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The native provider: C compiled for one instruction set ({@code src/main/c}), called through the foreign function interface.
 * Pointers travel as longs; every call is one worker's slice, made on the worker's thread.
 */
final class NativeKernels implements Kernels {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private static final MethodHandle ROW_BYTES = handle(LONG, INT, INT);
    private static final MethodHandle PACK_INPUTS = handle(null, INT, INT, LONG, LONG, INT, INT, INT, LONG);
    private static final MethodHandle LINEAR = handle(null, INT, LONG, INT, INT, INT, INT, LONG, INT, LONG, LONG, INT);
    private static final MethodHandle PACK_WEIGHTS = handle(INT, INT, LONG, INT, INT, INT, INT, INT, FLOAT, LONG);
    private static final MethodHandle RMS_NORM = handle(null, LONG, LONG, INT, INT, LONG, FLOAT, LONG, LONG);
    private static final MethodHandle ROTATE_AND_STORE = handle(null, LONG);
    private static final MethodHandle GATED = handle(null, LONG, LONG, LONG, LONG, INT, INT, LONG, LONG);
    private static final MethodHandle RESIDUAL = handle(null, LONG, LONG, LONG, LONG, LONG, INT, INT, LONG, LONG);
    private static final MethodHandle ATTEND = handle(null, LONG);
    private static final MethodHandle REDUCE = handle(null, LONG, INT, INT, LONG);
    private static final MethodHandle READ = handle(FLOAT, LONG, LONG);
    private static final MethodHandle PACK_DOWN = handle(INT, INT, LONG, INT, INT, INT, INT, LONG);
    private static final MethodHandle SHRINK = handle(null, INT, INT, LONG, INT, LONG, LONG);
    private static final MethodHandle EXPAND = handle(null, INT, LONG, INT, INT, INT, LONG, LONG);
    private static final MethodHandle PEAK = handle(LONG, INT, LONG);

    private static final int FORMATS = WeightFormat.values().length;
    /** Functions in the table, in its order. */
    private enum Function {
        ROW_BYTES,
        PACK_INPUTS,
        LINEAR,
        PACK_WEIGHTS,
        RMS_NORM,
        ROTATE_AND_STORE,
        GATED,
        RESIDUAL,
        ATTEND,
        REDUCE,
        READ,
        PACK_DOWN,
        SHRINK,
        EXPAND,
        PEAK
    }

    private static final long TABLE_BYTES = 8L * Function.values().length;

    /** One worker's room for the arguments of attention and the statistics of logits. */
    private static final ThreadLocal<NativeCall> CALL = ThreadLocal.withInitial(NativeCall::new);

    private final String instructionSet;
    private final long[] rowBytesUnit = new long[FORMATS];
    private final ScalarKernels scalar = new ScalarKernels();
    private final MemorySegment packInputs;
    private final MemorySegment linear;
    private final MemorySegment packWeights;
    private final MemorySegment rmsNorm;
    private final MemorySegment rotateAndStore;
    private final MemorySegment gated;
    private final MemorySegment residual;
    private final MemorySegment attend;
    private final MemorySegment reduce;
    private final MemorySegment read;
    private final MemorySegment packDown;
    private final MemorySegment shrink;
    private final MemorySegment expand;
    private final MemorySegment peak;

    private NativeKernels(String instructionSet, MemorySegment table) {
        this.instructionSet = instructionSet;
        for (WeightFormat format : WeightFormat.values()) {
            rowBytesUnit[format.ordinal()] = unitBytes(function(table, Function.ROW_BYTES), format);
        }
        packInputs = function(table, Function.PACK_INPUTS);
        linear = function(table, Function.LINEAR);
        packWeights = function(table, Function.PACK_WEIGHTS);
        rmsNorm = function(table, Function.RMS_NORM);
        rotateAndStore = function(table, Function.ROTATE_AND_STORE);
        gated = function(table, Function.GATED);
        residual = function(table, Function.RESIDUAL);
        attend = function(table, Function.ATTEND);
        reduce = function(table, Function.REDUCE);
        read = function(table, Function.READ);
        packDown = function(table, Function.PACK_DOWN);
        shrink = function(table, Function.SHRINK);
        expand = function(table, Function.EXPAND);
        peak = function(table, Function.PEAK);
    }

    /**
     * The kernels of an instruction set, or of the best that this machine has.
     *
     * @param wanted name of an instruction set, or empty
     * @throws NativeLibrary.UnavailableException if the library or this machine does not have it
     */
    static NativeKernels of(NativeLibrary library, String wanted) {
        for (String name : library.instructionSets()) {
            MemorySegment table = wanted.isEmpty() || wanted.equals(name) ? library.table(name, TABLE_BYTES) : null;
            if (table != null) {
                return new NativeKernels(name, table);
            }
        }
        throw new NativeLibrary.UnavailableException(
                wanted.isEmpty()
                        ? "this processor has none of the instruction sets " + library.instructionSets()
                        : library.instructionSets().contains(wanted)
                                ? "this processor does not have " + wanted
                                : "there are no native kernels for '" + wanted + "'; choose one of "
                                        + library.instructionSets(),
                null);
    }

    private static MethodHandle handle(@Nullable MemoryLayout result, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(
                        result == null
                                ? FunctionDescriptor.ofVoid(arguments)
                                : FunctionDescriptor.of(result, arguments));
    }

    private static MemorySegment function(MemorySegment table, Function function) {
        return MemorySegment.ofAddress(table.getAtIndex(LONG, function.ordinal()));
    }

    private static long unitBytes(MemorySegment rowBytes, WeightFormat format) {
        try {
            return (long) ROW_BYTES.invokeExact(rowBytes, format.ordinal(), format.unitInputs());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public String name() {
        return "native (" + instructionSet + ")";
    }

    @Override
    public boolean pack(
            PackedMatrix w, PackedMatrix.Source source, int fromRow, int toRow, int firstOutput, float scale) {
        w.requireFit(source, fromRow, toRow, firstOutput);
        try {
            return (int) PACK_WEIGHTS.invokeExact(
                            packWeights,
                            w.format().ordinal(),
                            source.data().address(),
                            source.type().ordinal(),
                            w.inFeatures(),
                            fromRow,
                            toRow,
                            firstOutput,
                            scale,
                            w.data().address())
                    == 0;
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public long packedInputBytes(WeightFormat format, int inFeatures, int rows) {
        return rows * format.units(inFeatures) * rowBytesUnit[format.ordinal()];
    }

    @Override
    public void packInputs(WeightFormat format, FloatMatrix x, int firstGroup, int endGroup, MemorySegment packed) {
        try {
            PACK_INPUTS.invokeExact(
                    packInputs,
                    format.ordinal(),
                    x.columns(),
                    x.address(0),
                    (long) x.stride(),
                    x.rows(),
                    firstGroup,
                    endGroup,
                    packed.address());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void linear(
            PackedMatrix w,
            int firstBlock,
            int endBlock,
            FloatMatrix x,
            MemorySegment packed,
            FloatMatrix y,
            boolean accumulate) {
        if (firstBlock >= endBlock || x.rows() == 0) {
            return;
        }
        try {
            LINEAR.invokeExact(
                    linear,
                    w.format().ordinal(),
                    w.data().address(),
                    w.outFeatures(),
                    w.inFeatures(),
                    firstBlock,
                    endBlock,
                    packed.address(),
                    x.rows(),
                    y.address(0),
                    (long) y.stride(),
                    accumulate ? 1 : 0);
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public boolean packDown(LowRank change, PackedMatrix.Source source, int firstRank) {
        change.requireFit(source, firstRank);
        try {
            return (int) PACK_DOWN.invokeExact(
                            packDown,
                            change.format().ordinal(),
                            source.data().address(),
                            source.type().ordinal(),
                            change.inFeatures(),
                            source.rows(),
                            firstRank,
                            change.down().address())
                    == 0;
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void shrink(List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        LowRankCall call = LowRankCall.shrinking(changes, firstUnit, endUnit, x, shrunk);
        if (call.count() == 0) {
            return;
        }
        LowRank any = changes.getFirst().change();
        try {
            SHRINK.invokeExact(
                    shrink,
                    any.format().ordinal(),
                    any.inFeatures(),
                    call.address(),
                    call.count(),
                    (long) x.stride(),
                    (long) shrunk.stride());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void expand(List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y) {
        if (changes.isEmpty()) {
            return;
        }
        LowRankCall call = LowRankCall.expanding(changes, shrunk, y);
        int format = changes.getFirst().change().format().ordinal();
        try {
            EXPAND.invokeExact(
                    expand, format, call.address(), call.count(), firstColumn, endColumn, (long) shrunk.stride(), (long)
                            y.stride());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void rmsNorm(FloatMatrix x, FloatMatrix weight, float epsilon, FloatMatrix y) {
        try {
            RMS_NORM.invokeExact(
                    rmsNorm,
                    x.address(0),
                    (long) x.stride(),
                    x.rows(),
                    x.columns(),
                    weight.address(0),
                    epsilon,
                    y.address(0),
                    (long) y.stride());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void rotate(long heads, int count, RopeTable table, int position) {
        scalar.rotate(heads, count, table, position);
    }

    @Override
    public void rotateAndStore(NewRows task, RopeTable table) {
        long arguments = CALL.get().newRows(task, table);
        try {
            ROTATE_AND_STORE.invokeExact(rotateAndStore, arguments);
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void gatedActivation(FloatMatrix gate, FloatMatrix up, FloatMatrix y) {
        try {
            GATED.invokeExact(
                    gated,
                    gate.address(0),
                    (long) gate.stride(),
                    up.address(0),
                    (long) up.stride(),
                    y.rows(),
                    y.columns(),
                    y.address(0),
                    (long) y.stride());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void residualActivation(FloatMatrix x, FloatMatrix a, FloatMatrix bias, FloatMatrix y) {
        try {
            RESIDUAL.invokeExact(
                    residual,
                    x.address(0),
                    (long) x.stride(),
                    a.address(0),
                    (long) a.stride(),
                    bias.address(0),
                    y.rows(),
                    y.columns(),
                    y.address(0),
                    (long) y.stride());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public void addBias(FloatMatrix y, FloatMatrix bias) {
        scalar.addBias(y, bias);
    }

    @Override
    public void attend(Attention task, FloatMatrix scratch) {
        long arguments = CALL.get().attention(task, scratch);
        try {
            ATTEND.invokeExact(attend, arguments);
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public LogitChunk reduceLogits(long row, int from, int to) {
        NativeCall call = CALL.get();
        try {
            REDUCE.invokeExact(reduce, row, from, to, call.logitAddress());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
        return call.logits();
    }

    @Override
    public float read(MemorySegment memory) {
        try {
            return (float) READ.invokeExact(read, memory.address(), memory.byteSize());
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }

    @Override
    public long peak(WeightFormat format, long turns) {
        try {
            return turns * (long) PEAK.invokeExact(peak, format.ordinal(), turns);
        } catch (Throwable e) {
            throw NativeCall.failed(e);
        }
    }
}
