package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The weights of a step, packed for the kernels: float32, because they are what is being trained. */
final class PackedHeads {

    /** Rows of an own LM head that are packed by one task; even, so that two tasks never write to the same pair. */
    private static final int TASK_ROWS = 1024;

    private final Kernels kernels;
    private final HeadShape shape;
    private final List<Head> heads = new ArrayList<>();

    /**
     * A head.
     *
     * @param blocks W of each block
     * @param transposed the same, transposed
     * @param lmHead the shared one, or the head's own
     */
    record Head(List<PackedMatrix> blocks, List<PackedMatrix> transposed, LmHead lmHead) {}

    /** @param shared the base model's LM head; empty if each head has its own */
    PackedHeads(Kernels kernels, HeadShape shape, Optional<LmHead> shared, Arena arena) {
        this.kernels = kernels;
        this.shape = shape;
        for (int i = 0; i < shape.heads(); i++) {
            List<PackedMatrix> blocks = new ArrayList<>();
            List<PackedMatrix> transposed = new ArrayList<>();
            for (int j = 0; j < shape.layers(); j++) {
                blocks.add(PackedMatrix.allocate(arena, WeightFormat.F32, shape.hidden(), shape.hidden()));
                transposed.add(
                        j == 0
                                ? blocks.getFirst() // nothing is propagated through the first block
                                : PackedMatrix.allocate(arena, WeightFormat.F32, shape.hidden(), shape.hidden()));
            }
            LmHead lmHead = shape.ownLmHeads()
                    ? LmHead.allocate(arena, WeightFormat.F32, shape.vocabulary(), shape.hidden())
                    : shared.orElseThrow();
            heads.add(new Head(blocks, transposed, lmHead));
        }
    }

    Head head(int index) {
        return heads.get(index);
    }

    /** Packs what has changed: everything but a shared LM head. */
    void pack(HeadParameters parameters, Workers workers) {
        int blocks = shape.heads() * shape.layers();
        workers.run(blocks, (task, worker) -> packBlock(parameters, task / shape.layers(), task % shape.layers()));
        if (shape.ownLmHeads()) {
            int parts = (shape.vocabulary() + TASK_ROWS - 1) / TASK_ROWS;
            workers.run(
                    shape.heads() * parts,
                    (task, worker) -> packLmHead(parameters, task / parts, task % parts * TASK_ROWS));
        }
    }

    private void packBlock(HeadParameters parameters, int head, int block) {
        FloatMatrix weight = parameters.heads().get(head).blocks().get(block).weight();
        PackedMatrix packed = heads.get(head).blocks().get(block);
        kernels.pack(packed, LmHead.source(weight), 0, weight.rows(), 0, 1f);
        if (block > 0) {
            PackedMatrix transposed = heads.get(head).transposed().get(block);
            transposed.packTransposed(weight, 0, 0, transposed.blocks());
        }
    }

    private void packLmHead(HeadParameters parameters, int head, int firstRow) {
        FloatMatrix weight = parameters.heads().get(head).lmHead().getFirst();
        int end = Math.min(weight.rows(), firstRow + TASK_ROWS);
        heads.get(head).lmHead().pack(kernels, weight.rows(firstRow, end), firstRow);
    }
}
