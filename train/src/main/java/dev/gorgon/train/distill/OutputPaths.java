package dev.gorgon.train.distill;

import dev.gorgon.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Files that a run writes.
 *
 * @param lines finished conversations as JSONL
 * @param array all of them as one JSON array of lists of messages, in the order of the input
 */
public record OutputPaths(Path lines, Path array) {

    /**
     * From the name that was given: with {@code .json} it is the array's, and the lines lie beside it; else it is that of the lines.
     */
    public static OutputPaths of(Path named) {
        String name = named.getFileName().toString();
        if (name.endsWith(".json")) {
            return new OutputPaths(named.resolveSibling(name + "l"), named);
        }
        String stem = name.endsWith(".jsonl") ? name.substring(0, name.length() - ".jsonl".length()) : name;
        return new OutputPaths(named, named.resolveSibling(stem + ".json"));
    }

    /** The same with another place for the array. */
    public OutputPaths withArray(Path file) {
        return new OutputPaths(lines, file);
    }

    /** @throws DataException if the input is one of the files to write */
    void checkApartFrom(Path input) {
        for (Path path : List.of(lines, array, settings(), failures())) {
            try {
                if (Files.exists(path) && Files.isSameFile(path, input)) {
                    throw new DataException(path + " would be written while it is read; name another output");
                }
            } catch (IOException e) {
                throw DataException.of("read", input, e);
            }
        }
    }

    /** What the finished conversations were made with. */
    Path settings() {
        return beside(".settings.json");
    }

    /** Conversations that could not be finished. */
    public Path failures() {
        return beside(".failed.jsonl");
    }

    private Path beside(String ending) {
        return lines.resolveSibling(lines.getFileName() + ending);
    }
}
