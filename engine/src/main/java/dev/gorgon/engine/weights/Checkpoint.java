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
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The weights of a folder, one file or many. */
public final class Checkpoint implements TensorSource {

    private static final String INDEX = "model.safetensors.index.json";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path folder;
    private final List<TensorSource> files;
    private final Map<String, TensorSource> owners = new HashMap<>();

    private Checkpoint(Path folder, List<TensorSource> files) {
        this.folder = folder;
        this.files = files;
        for (TensorSource file : files) {
            for (String name : file.names()) {
                TensorSource other = owners.put(name, file);
                if (other != null) {
                    throw new WeightsException(
                            "tensor " + name + " is in both " + other.path() + " and " + file.path());
                }
            }
        }
    }

    /**
     * Opens a model folder: the shards of its index, else {@code model.safetensors}, else all safetensors files.
     *
     * @throws WeightsException if there are no weights or a file is not valid
     */
    public static Checkpoint openModel(Path folder) {
        if (Files.isRegularFile(folder.resolve(INDEX))) {
            return open(folder, shards(folder));
        }
        Path single = folder.resolve("model.safetensors");
        return open(folder, Files.isRegularFile(single) ? List.of(single) : list(folder, ".safetensors"));
    }

    /**
     * Opens an adapter folder: all safetensors files but trainers' leftovers; without any, the PyTorch {@code .bin} files.
     *
     * @throws WeightsException if there are no weights or a file is not valid
     */
    public static Checkpoint openAdapter(Path folder) {
        List<Path> safetensors = list(folder, ".safetensors").stream()
                .filter(file -> Stream.of("arguments", "args", "training")
                        .noneMatch(file.getFileName().toString()::contains))
                .toList();
        if (!safetensors.isEmpty()) {
            return open(folder, safetensors);
        }
        List<Path> archives = list(folder, ".bin");
        return open(folder, archives.isEmpty() ? list(folder, ".pt") : archives);
    }

    private static Checkpoint open(Path folder, List<Path> paths) {
        if (paths.isEmpty()) {
            throw new WeightsException("No local weights found in " + folder + " with extension .safetensors");
        }
        List<TensorSource> opened = new ArrayList<>();
        try {
            for (Path path : paths) {
                opened.add(path.toString().endsWith(".safetensors") ? Safetensors.open(path) : TorchArchive.open(path));
            }
            return new Checkpoint(folder, opened);
        } catch (RuntimeException e) {
            opened.forEach(TensorSource::close);
            throw e;
        }
    }

    private static List<Path> shards(Path folder) {
        Path index = folder.resolve(INDEX);
        Set<String> names = new TreeSet<>();
        try {
            JsonNode map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
            for (JsonNode file : map) {
                names.add(file.asString());
            }
        } catch (IOException | JacksonException e) {
            throw new WeightsException("cannot read " + index + ": " + e.getMessage(), e);
        }
        List<Path> paths = new ArrayList<>();
        for (String name : names) {
            // a shard lies beside its index: anything else would read files that nobody named
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors")) {
                throw new WeightsException(index + " names a file that is not a plain safetensors name: " + name);
            }
            paths.add(folder.resolve(name));
        }
        return paths;
    }

    private static List<Path> list(Path folder, String extension) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(extension))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new WeightsException("cannot list " + folder + ": " + e.getMessage(), e);
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
            throw new WeightsException("cannot read " + folder + ": " + e.getMessage(), e);
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
