package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Embeddings in main memory, row by row. */
record CpuEmbeddings(MemorySegment data, WeightFormat format, int rows, int columns) implements EmbeddingTable {

    /** Copies a tensor of the same shape, rounding to the format. */
    void fill(Tensor source) {
        if (source.dtype() == (format == WeightFormat.F32 ? DType.F32 : DType.BF16)) {
            MemorySegment.copy(source.data(), 0, data, 0, data.byteSize());
            return;
        }
        for (long i = 0; i < source.elements(); i++) {
            if (format == WeightFormat.F32) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, source.at(i));
            } else {
                data.setAtIndex(ValueLayout.JAVA_SHORT, i, BFloat16.fromFloat(source.at(i)));
            }
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
