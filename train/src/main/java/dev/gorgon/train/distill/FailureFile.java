package dev.gorgon.train.distill;

import dev.gorgon.train.data.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Conversations that this run could not finish, with the reasons; begun anew by each run, because each run tries again whatever is
 * not finished. There is no file if there is nothing to tell. Thread-safe.
 */
final class FailureFile {

    private final Path path;

    /** Removes what the run before has left. */
    FailureFile(Path path) {
        this.path = path;
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw DataException.of("remove", path, e);
        }
    }

    synchronized void add(String id, String problem) {
        String line = JsonMapper.shared()
                        .writeValueAsString(JsonNodeFactory.instance
                                .objectNode()
                                .put("id", id)
                                .put("error", problem))
                + "\n";
        try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw DataException.of("write", path, e);
        }
    }
}
