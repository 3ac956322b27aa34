package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.Set;

/** Named tensors of one file or folder. Tensors are valid until it is closed. */
public interface TensorSource extends AutoCloseable {

    /** All names. */
    Set<String> names();

    /** Where the tensors come from, for messages. */
    Path path();

    /**
     * The tensor of this name.
     *
     * @throws WeightsException if there is none
     */
    Tensor tensor(String name);

    default boolean contains(String name) {
        return names().contains(name);
    }

    @Override
    void close();
}
