package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Embeddings in main memory, row by row. */
record CpuEmbeddings(MemorySegment data, WeightFormat format, int rows, int columns) implements EmbeddingTable {

    void write(int row, int column, float value) {
        long index = (long) row * columns + column;
        if (format == WeightFormat.F32) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
        } else {
            data.setAtIndex(ValueLayout.JAVA_SHORT, index, BFloat16.fromFloat(value));
        }
    }

    void read(int token, FloatMatrix target, int targetRow) {
        long first = (long) token * columns;
        for (int i = 0; i < columns; i++) {
            float value = format == WeightFormat.F32
                    ? data.getAtIndex(ValueLayout.JAVA_FLOAT, first + i)
                    : BFloat16.toFloat(data.getAtIndex(ValueLayout.JAVA_SHORT, first + i));
            target.set(targetRow, i, value);
        }
    }
}
