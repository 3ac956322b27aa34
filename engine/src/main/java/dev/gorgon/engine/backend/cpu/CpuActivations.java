package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.kernels.FloatMatrix;

/** Activations in main memory. */
record CpuActivations(FloatMatrix values) implements Activations {

    static FloatMatrix of(Activations activations) {
        return ((CpuActivations) activations).values;
    }

    @Override
    public int rows() {
        return values.rows();
    }

    @Override
    public int columns() {
        return values.columns();
    }

    @Override
    public Activations rows(int from, int to) {
        return new CpuActivations(values.rows(from, to));
    }

    @Override
    public Activations columns(int from, int to) {
        return new CpuActivations(values.columns(from, to));
    }
}
