package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.kernels.LogitChunk;
import org.jspecify.annotations.Nullable;

/** Statistics per chunk, written by the workers; merged per row, in order of chunks, when asked for. */
final class CpuLogitStats implements LogitStats {

    private final int chunks;
    private final @Nullable LogitChunk[] parts;

    CpuLogitStats(int rows, int vocabularySize) {
        chunks = LogitChunk.count(vocabularySize);
        parts = new LogitChunk[rows * chunks];
    }

    void put(int row, int chunk, LogitChunk part) {
        parts[row * chunks + chunk] = part;
    }

    private LogitChunk part(int row, int chunk) {
        LogitChunk part = parts[row * chunks + chunk];
        if (part == null) {
            throw new IllegalStateException("no logits were reduced for row " + row);
        }
        return part;
    }

    private int largest(int row) {
        int best = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            float max = part(row, chunk).max();
            if (Float.isNaN(max)) {
                return chunk;
            }
            if (max > part(row, best).max()) {
                best = chunk;
            }
        }
        return best;
    }

    @Override
    public int argMax(int row) {
        return part(row, largest(row)).argMax();
    }

    @Override
    public double logSumExp(int row) {
        double max = part(row, largest(row)).max();
        double sum = 0;
        for (int chunk = 0; chunk < chunks; chunk++) {
            LogitChunk part = part(row, chunk);
            sum += part.sumExp() * (part.max() == max ? 1.0 : StrictMath.exp(part.max() - max));
        }
        return max + StrictMath.log(sum);
    }
}
