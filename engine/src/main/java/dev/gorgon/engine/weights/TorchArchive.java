package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipFile;

/**
 * Tensors of a PyTorch archive ({@code adapter_model.bin}, {@code .pt}): a zip file with a pickle that names and shapes the
 * tensors, and one entry of raw data per storage. Nothing in it is ever executed; see {@link Unpickler}.
 */
public final class TorchArchive implements TensorSource {

    private final Path path;
    private final Arena arena;
    private final Map<String, Tensor> tensors;

    private TorchArchive(Path path, Arena arena, Map<String, Tensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.tensors = tensors;
    }

    /**
     * Reads an archive into memory.
     *
     * @throws WeightsException if it is damaged, of the old format that is a bare pickle, refers to code, or is beyond the limits
     */
    static TorchArchive open(Path file, ReadLimits limits) {
        ArchiveDirectory.check(file);
        Arena arena = Arena.ofShared();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return new TorchArchive(file, arena, new TorchReader(file, zip, arena).tensors(limits.tensors()));
        } catch (IOException e) {
            arena.close();
            throw new WeightsException("cannot read " + file + ": " + WeightFiles.reason(e), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Tensor tensor(String name) {
        return Optional.ofNullable(tensors.get(name))
                .orElseThrow(() -> new WeightsException("there is no tensor " + name + " in " + path));
    }

    @Override
    public void close() {
        arena.close();
    }
}
