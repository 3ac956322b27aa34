package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.LargeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One float32 number for every parameter of some heads: the parameters themselves, their gradients, or what the optimizer knows of
 * them. Rows follow each other without padding, as in files.
 *
 * @param shape of the heads
 * @param heads in order
 */
record HeadParameters(HeadShape shape, List<Head> heads) {

    /** Blocks in order, and U of shape {@code [vocabulary][hidden]} with version 1. */
    record Head(List<Block> blocks, List<FloatMatrix> lmHead) {}

    /** W of shape {@code [hidden][hidden]} and b of shape {@code [1][hidden]}. */
    record Block(FloatMatrix weight, FloatMatrix bias) {}

    /** A matrix and what it is called in files. */
    record Named(String name, FloatMatrix values, boolean isBias) {}

    /** Zeros. */
    static HeadParameters allocate(Arena arena, HeadShape shape) {
        List<Head> heads = new ArrayList<>();
        for (int i = 0; i < shape.heads(); i++) {
            List<Block> blocks = new ArrayList<>();
            for (int j = 0; j < shape.layers(); j++) {
                blocks.add(new Block(matrix(arena, shape.hidden(), shape.hidden()), matrix(arena, 1, shape.hidden())));
            }
            heads.add(new Head(
                    List.copyOf(blocks),
                    shape.ownLmHeads() ? List.of(matrix(arena, shape.vocabulary(), shape.hidden())) : List.of()));
        }
        return new HeadParameters(shape, List.copyOf(heads));
    }

    private static FloatMatrix matrix(Arena arena, int rows, int columns) {
        return new FloatMatrix(LargeMemory.allocate(arena, 4L * rows * columns), rows, columns, columns);
    }

    /** All matrices in a fixed order, with the names of spec medusa.md §1.2. */
    List<Named> all() {
        List<Named> all = new ArrayList<>();
        for (int i = 0; i < heads.size(); i++) {
            List<Block> blocks = heads.get(i).blocks;
            for (int j = 0; j < blocks.size(); j++) {
                all.add(new Named(i + "." + j + ".linear.weight", blocks.get(j).weight, false));
                all.add(new Named(i + "." + j + ".linear.bias", blocks.get(j).bias, true));
            }
            for (FloatMatrix lmHead : heads.get(i).lmHead) {
                all.add(new Named(i + "." + blocks.size() + ".weight", lmHead, false));
            }
        }
        return all;
    }

    void clear() {
        all().forEach(named -> named.values.segment().fill((byte) 0));
    }

    void copyFrom(HeadParameters source) {
        List<Named> from = source.all();
        List<Named> to = all();
        for (int i = 0; i < to.size(); i++) {
            MemorySegment.copy(
                    from.get(i).values.segment(),
                    0,
                    to.get(i).values.segment(),
                    0,
                    to.get(i).values.segment().byteSize());
        }
    }
}
