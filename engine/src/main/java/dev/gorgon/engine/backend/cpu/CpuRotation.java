package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.kernels.RopeTable;

/** Cosines and sines in main memory. */
record CpuRotation(RopeTable table) implements AttentionLayer.Rotation {

    @Override
    public int positions() {
        return table.positions();
    }
}
