package dev.gorgon.kernels;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector forms of {@link ScalarMath}, and the loads and stores that all vector kernels share. */
final class VectorMath {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    /** Lanes per vector; the code works for 4, 8 and 16 and gives the same bits for each. */
    static final int LANES = FLOATS.length();

    static final int VECTOR_BYTES = 4 * LANES;

    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int HIGH_HALF = 0xFFFF0000;

    private VectorMath() {}

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address, ORDER);
    }

    static void store(FloatVector value, long address) {
        value.intoMemorySegment(Memory.ALL, address, ORDER);
    }

    static FloatVector broadcast(long address) {
        return FloatVector.broadcast(FLOATS, Memory.getFloat(address));
    }

    /** Loads one pair of bfloat16 per lane. */
    static IntVector loadPairs(long address) {
        return IntVector.fromMemorySegment(INTS, Memory.ALL, address, ORDER);
    }

    /** The even members of bfloat16 pairs: the low halves. */
    static FloatVector even(IntVector pairs) {
        return pairs.lanewise(LSHL, 16).reinterpretAsFloats();
    }

    /** The odd members of bfloat16 pairs: the high halves. */
    static FloatVector odd(IntVector pairs) {
        return pairs.and(HIGH_HALF).reinterpretAsFloats();
    }

    static FloatVector exp(FloatVector x) {
        // blend, not min: min has its own idea of NaN and zeros on some machines
        FloatVector clamped = x.blend(ScalarMath.EXP_MAX, x.compare(GT, ScalarMath.EXP_MAX));
        FloatVector rounder = FloatVector.broadcast(FLOATS, ScalarMath.ROUNDER);
        FloatVector shifted = clamped.fma(FloatVector.broadcast(FLOATS, ScalarMath.LOG2E), rounder);
        FloatVector n = shifted.sub(rounder);
        FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(FLOATS, ScalarMath.C7);
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.C6));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.C5));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.C4));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.C3));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.C2));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
        p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
        FloatVector power = shifted.reinterpretAsInts()
                .add(127 - ScalarMath.ROUNDER_BITS)
                .lanewise(LSHL, 23)
                .reinterpretAsFloats();
        return p.mul(power).blend(0f, x.compare(LT, ScalarMath.EXP_MIN));
    }

    static FloatVector silu(FloatVector a) {
        return a.div(exp(a.neg()).add(1f));
    }

    /** Reads a segment with two streams, as the kernels do; the sum of some of it. */
    static float read(MemorySegment memory) {
        int step = 4 * VECTOR_BYTES;
        long half = memory.byteSize() / 2 / step * step;
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int turns = Math.toIntExact(half / step * 2);
        for (int i = 0; i < turns; i++) {
            long at = memory.address() + (long) i * (step / 2);
            a = a.add(load(at));
            b = b.add(load(at + VECTOR_BYTES));
            c = c.add(load(at + half));
            d = d.add(load(at + half + VECTOR_BYTES));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }

    /** Independent chains of float32 multiply-adds; the number of operations done. */
    static long peak(long turns) {
        FloatVector w = FloatVector.broadcast(FLOATS, 0.5f);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (long i = 0; i < turns; i++) {
            a = w.fma(w, a);
            b = w.fma(w, b);
            c = w.fma(w, c);
            d = w.fma(w, d);
            e = w.fma(w, e);
            f = w.fma(w, f);
            g = w.fma(w, g);
            h = w.fma(w, h);
        }
        float sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).lane(0);
        // the branch is never taken, but keeps the sums alive
        return sum < 0f ? 0 : 2L * 8 * LANES * turns;
    }
}
