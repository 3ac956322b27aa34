package dev.gorgon.engine.weights;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Which files of a folder are its weights. Only regular files count; links to them do too. */
public final class WeightFiles {

    private static final String INDEX = "model.safetensors.index.json";
    /** The index of the largest models has some hundred thousand lines. */
    private static final int MAX_INDEX_BYTES = 64 << 20;
    /** Far more than any checkpoint has; a folder beyond is a mistake, and listing it would take memory. */
    private static final int MAX_FOLDER_ENTRIES = 10_000;

    private WeightFiles() {}

    /**
     * The files of a model: the shards of its index, else {@code model.safetensors}, else all safetensors files.
     *
     * @throws WeightsException if the folder or its index cannot be read
     */
    static List<Path> ofModel(Path folder) {
        if (Files.isRegularFile(folder.resolve(INDEX))) {
            return shards(folder);
        }
        Path single = folder.resolve("model.safetensors");
        return Files.isRegularFile(single) ? List.of(single) : ending(list(folder), ".safetensors");
    }

    /**
     * The files of an adapter, sorted: all safetensors files but trainers' leftovers; without any, the PyTorch {@code .bin} files;
     * without these, the {@code .pt} files. May be empty.
     *
     * @throws WeightsException if the folder cannot be listed
     */
    public static List<Path> ofAdapter(Path folder) {
        List<Path> all = list(folder);
        List<Path> safetensors = ending(all, ".safetensors").stream()
                .filter(file -> Stream.of("arguments", "args", "training").noneMatch(nameOf(file)::contains))
                .toList();
        if (!safetensors.isEmpty()) {
            return safetensors;
        }
        List<Path> archives = ending(all, ".bin");
        return archives.isEmpty() ? ending(all, ".pt") : archives;
    }

    private static List<Path> shards(Path folder) {
        Path index = folder.resolve(INDEX);
        Set<String> names = new TreeSet<>();
        for (JsonNode file : JsonFile.readObject(index, MAX_INDEX_BYTES).path("weight_map")) {
            names.add(file.asString(""));
        }
        List<Path> paths = new ArrayList<>();
        for (String name : names) {
            // a shard lies beside its index: anything else would read files that nobody named
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*\\.safetensors")) {
                throw new WeightsException(
                        index + " names a file that is not a plain safetensors name: " + Shown.text(name));
            }
            paths.add(folder.resolve(name));
        }
        return paths;
    }

    private static List<Path> ending(List<Path> files, String extension) {
        return files.stream()
                .filter(file -> nameOf(file).endsWith(extension) && Files.isRegularFile(file))
                .sorted()
                .toList();
    }

    private static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static List<Path> list(Path folder) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (entries.size() == MAX_FOLDER_ENTRIES) {
                    throw new WeightsException(folder + " holds more than " + MAX_FOLDER_ENTRIES
                            + " files; it is not the folder of a model or adapter");
                }
                entries.add(file);
            }
        } catch (DirectoryIteratorException e) {
            throw new WeightsException("cannot list " + folder + ": it cannot be read to its end", e);
        } catch (IOException e) {
            throw new WeightsException("cannot list " + folder + ": " + reason(e), e);
        }
        return entries;
    }

    /** What went wrong with a file, in words: many of the library's exceptions say no more than its name. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such file";
            case AccessDeniedException denied -> "access is denied";
            case NotDirectoryException file -> "it is not a folder";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
