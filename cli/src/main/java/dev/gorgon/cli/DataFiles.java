package dev.gorgon.cli;

import dev.gorgon.demo.EmbeddedDemo;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of conversations and of their ids, as commands name them. */
final class DataFiles {

    private DataFiles() {}

    /** A file, or one of that name that comes with the demonstration model. */
    static Path find(Path path) {
        Path name = path.getFileName();
        if (Files.exists(path) || name == null || path.getNameCount() > 1) {
            return path;
        }
        Path embedded = EmbeddedDemo.data().resolve(name);
        return Files.exists(embedded) ? embedded : path;
    }
}
