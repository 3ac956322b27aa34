package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The weights of a folder, one file or many. */
public final class Checkpoint implements TensorSource {

    private final Path folder;
    private final List<TensorSource> files;
    private final Map<String, TensorSource> owners = new HashMap<>();

    private Checkpoint(Path folder, List<TensorSource> files, ReadLimits limits) {
        this.folder = folder;
        this.files = files;
        for (TensorSource file : files) {
            for (String name : file.names()) {
                TensorSource other = owners.put(name, file);
                if (other != null) {
                    throw new WeightsException(
                            "tensor " + Shown.text(name) + " is in both " + other.path() + " and " + file.path());
                }
            }
            if (owners.size() > limits.tensors()) {
                throw new WeightsException(folder + " holds more than " + limits.tensors() + " tensors");
            }
        }
    }

    /**
     * Opens a model folder: the shards of its index, else {@code model.safetensors}, else all safetensors files.
     *
     * @throws WeightsException if there are no weights or a file is not valid
     */
    public static Checkpoint openModel(Path folder) {
        return open(folder, WeightFiles.ofModel(folder), ReadLimits.MODEL);
    }

    /**
     * Opens an adapter folder: the files of {@link WeightFiles#ofAdapter}.
     *
     * @throws WeightsException if there are no weights or a file is not valid
     */
    public static Checkpoint openAdapter(Path folder) {
        return open(folder, WeightFiles.ofAdapter(folder), ReadLimits.ADAPTER);
    }

    private static Checkpoint open(Path folder, List<Path> paths, ReadLimits limits) {
        if (paths.isEmpty()) {
            throw new WeightsException("No local weights found in " + folder + " with extension .safetensors");
        }
        if (paths.size() > limits.files()) {
            throw new WeightsException(folder + " holds " + paths.size() + " weight files; " + limits.files()
                    + " are the most that are read");
        }
        List<TensorSource> opened = new ArrayList<>();
        try {
            for (Path path : paths) {
                opened.add(
                        path.toString().endsWith(".safetensors")
                                ? Safetensors.open(path, limits)
                                : TorchArchive.open(path, limits));
            }
            return new Checkpoint(folder, opened, limits);
        } catch (RuntimeException e) {
            opened.forEach(TensorSource::close);
            throw e;
        }
    }

    /** Names, sizes and times of the files: the same for the same files, another one when one of them was exchanged. */
    public String identity() {
        StringBuilder identity =
                new StringBuilder(folder.toAbsolutePath().normalize().toString());
        try {
            for (TensorSource file : files) {
                identity.append(", ")
                        .append(file.path().getFileName())
                        .append(' ')
                        .append(Files.size(file.path()))
                        .append(' ')
                        .append(Files.getLastModifiedTime(file.path()).toMillis());
            }
        } catch (IOException e) {
            throw new WeightsException("cannot read " + folder + ": " + WeightFiles.reason(e), e);
        }
        return identity.toString();
    }

    @Override
    public Set<String> names() {
        return owners.keySet();
    }

    @Override
    public Path path() {
        return folder;
    }

    @Override
    public Tensor tensor(String name) {
        TensorSource owner = owners.get(name);
        if (owner == null) {
            throw new WeightsException("there is no tensor " + name + " in " + folder);
        }
        return owner.tensor(name);
    }

    @Override
    public void close() {
        files.forEach(TensorSource::close);
    }
}
