package dev.gorgon.train.heads;

import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.FloatMatrix;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * What training begins with: blocks that change nothing, LM heads like the model's, or the heads of another adapter. Zeros make a new
 * head guess what the model itself would say next (spec medusa.md §1.1).
 */
final class InitialHeads {

    private InitialHeads() {}

    /** Gives each head a copy of the model's LM head; with version 2 there is nothing to do. */
    static void copyLmHead(HeadParameters parameters, Tensor lmHead) {
        for (HeadParameters.Head head : parameters.heads()) {
            head.lmHead().forEach(own -> copy(lmHead, own));
        }
    }

    /**
     * Takes the parameters that an adapter has over; heads that it lacks stay as they are.
     *
     * @return heads that were taken over
     * @throws TrainingException if it has no heads, or other ones
     */
    static int copyFrom(Path adapter, HeadParameters parameters) {
        HeadShape shape = parameters.shape();
        try (Checkpoint tensors = Checkpoint.openAdapter(adapter)) {
            int found = 0;
            while (tensors.contains(found + ".0.linear.weight") || tensors.contains(found + ".0.weight")) {
                found++;
            }
            if (found == 0) {
                throw new TrainingException("--init_from " + adapter + " holds no Medusa heads (0.0.linear.weight)");
            }
            boolean own = tensors.contains("0." + shape.layers() + ".weight");
            if (own && !shape.ownLmHeads()) {
                throw new TrainingException("--init_from " + adapter
                        + " has LM heads of its own (version 1); its heads are of no use with --version 2");
            }
            for (HeadParameters.Named named : parameters.all()) {
                int head =
                        Integer.parseInt(named.name().substring(0, named.name().indexOf('.')));
                boolean isLmHead = !named.name().contains(".linear.");
                if (head < found && !(isLmHead && !own)) {
                    copy(adapter, tensors, named);
                }
            }
            if (tensors.contains("0." + shape.layers() + ".linear.weight")) {
                throw new TrainingException("--init_from " + adapter + " has more residual blocks than"
                        + " --medusa_num_layers " + shape.layers());
            }
            return Math.min(found, shape.heads());
        }
    }

    private static void copy(Path adapter, Checkpoint tensors, HeadParameters.Named named) {
        FloatMatrix target = named.values();
        if (!tensors.contains(named.name())) {
            if (named.isBias()) {
                return; // vLLM's heads may come without
            }
            throw new TrainingException("--init_from " + adapter + " has no tensor " + named.name());
        }
        Tensor source = tensors.tensor(named.name());
        List<Long> shape = named.isBias()
                ? List.of((long) target.columns())
                : List.of((long) target.rows(), (long) target.columns());
        if (!source.shape().equals(shape) || !source.dtype().isFloatingPoint()) {
            throw new TrainingException("--init_from " + adapter + ": tensor " + named.name() + " has shape "
                    + source.shape() + ", but these heads need " + shape);
        }
        copy(source, target);
    }

    private static void copy(Tensor source, FloatMatrix target) {
        for (long i = 0; i < source.elements(); i++) {
            target.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, source.at(i));
        }
    }
}
