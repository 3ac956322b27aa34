package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One worker's tasks of a native call on low-rank changes, laid out as {@code struct low_rank_task} of {@code gorgon.h}. */
final class LowRankCall {

    private static final int TASK_BYTES = 3 * Long.BYTES + 4 * Integer.BYTES;
    private static final ThreadLocal<LowRankCall> CALL = ThreadLocal.withInitial(LowRankCall::new);

    private MemorySegment tasks = Arena.ofAuto().allocate(64 * TASK_BYTES, 64);
    private int count;

    /** The tasks of {@link Kernels#shrink}, valid until this thread's next call. */
    static LowRankCall shrinking(
            List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        LowRankCall call = CALL.get();
        call.count = 0;
        LowRankRows.eachShrinking(changes, firstUnit, endUnit, (change, firstBlock, endBlock, firstRow, endRow) -> {
            long task = call.add(change.down().address(), x.address(firstRow), shrunk.address(firstRow));
            call.put(task, change.ranks(), endRow - firstRow, firstBlock, endBlock);
        });
        return call;
    }

    /** The tasks of {@link Kernels#expand}, valid until this thread's next call. */
    static LowRankCall expanding(
            List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y) {
        LowRankCall call = CALL.get();
        call.count = 0;
        LowRankRows.eachExpanding(changes, firstColumn, endColumn, (part, firstOutput, endOutput, rows) -> {
            int row = rows.firstRow();
            long task = call.add(
                    part.up().data().address(),
                    shrunk.address(row) + 4L * part.firstRank(),
                    y.address(row) + 4L * part.firstColumn());
            call.put(task, part.rank(), rows.endRow() - row, firstOutput, endOutput);
        });
        return call;
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
