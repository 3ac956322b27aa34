package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.kernels.PackedMatrix;

/** A packed matrix in main memory. */
record CpuMatrix(PackedMatrix packed) implements Matrix {

    static PackedMatrix of(Matrix matrix) {
        return ((CpuMatrix) matrix).packed;
    }

    @Override
    public int outFeatures() {
        return packed.outFeatures();
    }

    @Override
    public int inFeatures() {
        return packed.inFeatures();
    }

    @Override
    public long bytes() {
        return packed.data().byteSize();
    }
}
