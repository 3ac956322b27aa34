package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One worker's tasks of a native call on low-rank changes, laid out as {@code struct low_rank_task} of {@code gorgon.h}. */
final class LowRankCall {

    private static final int TASK_BYTES = 3 * Long.BYTES + 4 * Integer.BYTES;
    private static final ThreadLocal<LowRankCall> SHRINKING = ThreadLocal.withInitial(LowRankCall::new);
    private static final ThreadLocal<LowRankCall> EXPANDING = ThreadLocal.withInitial(LowRankCall::new);

    private MemorySegment tasks = Arena.ofAuto().allocate(64 * TASK_BYTES, 64);
    private int count;
    /** What the tasks are of. An operation expands piece by piece, many times with the same tasks. */
    private List<LowRankRows> changes = List.of();

    private long shrunkAddress;
    private long outputAddress;
    private int shrunkStride;
    private int outputStride;

    /** The tasks of {@link Kernels#shrink}, valid until this thread's next call. */
    static LowRankCall shrinking(
            List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        LowRankCall call = SHRINKING.get();
        call.count = 0;
        LowRankRows.eachShrinking(changes, firstUnit, endUnit, (change, firstBlock, endBlock, firstRow, endRow) -> {
            long task = call.add(change.down().address(), x.address(firstRow), shrunk.address(firstRow));
            call.put(task, change.ranks(), endRow - firstRow, firstBlock, endBlock);
        });
        return call;
    }

    /** The tasks of {@link Kernels#expand} for all columns, valid until this thread's next call. */
    static LowRankCall expanding(List<LowRankRows> changes, FloatMatrix shrunk, FloatMatrix y) {
        LowRankCall call = EXPANDING.get();
        if (call.isFor(changes, shrunk, y)) {
            return call;
        }
        call.count = 0;
        for (LowRankRows rows : changes) {
            int row = rows.firstRow();
            for (LowRank.Part part : rows.change().parts()) {
                long task = call.add(
                        part.up().data().address(), shrunk.address(row) + 4L * part.firstRank(), y.address(row));
                call.put(task, part.rank(), rows.endRow() - row, part.firstColumn(), part.endColumn());
            }
        }
        call.changes = changes;
        call.shrunkAddress = shrunk.address(0);
        call.outputAddress = y.address(0);
        call.shrunkStride = shrunk.stride();
        call.outputStride = y.stride();
        return call;
    }

    @SuppressWarnings(
            "ReferenceEquality") // the very same list, which this call keeps alive: equal ones are not worth comparing
    private boolean isFor(List<LowRankRows> wanted, FloatMatrix shrunk, FloatMatrix y) {
        return changes == wanted
                && shrunkAddress == shrunk.address(0)
                && outputAddress == y.address(0)
                && shrunkStride == shrunk.stride()
                && outputStride == y.stride();
    }

    /** Adds a task; its offset. */
    private long add(long weights, long in, long out) {
        long task = (long) TASK_BYTES * count++;
        if (task + TASK_BYTES > tasks.byteSize()) {
            MemorySegment larger = Arena.ofAuto().allocate(2 * tasks.byteSize(), 64);
            larger.copyFrom(tasks);
            tasks = larger;
        }
        tasks.set(ValueLayout.JAVA_LONG, task, weights);
        tasks.set(ValueLayout.JAVA_LONG, task + 8, in);
        tasks.set(ValueLayout.JAVA_LONG, task + 16, out);
        return task;
    }

    private void put(long task, int rank, int rows, int from, int to) {
        tasks.set(ValueLayout.JAVA_INT, task + 24, rank);
        tasks.set(ValueLayout.JAVA_INT, task + 28, rows);
        tasks.set(ValueLayout.JAVA_INT, task + 32, from);
        tasks.set(ValueLayout.JAVA_INT, task + 36, to);
    }

    int count() {
        return count;
    }

    long address() {
        return tasks.address();
    }
}
