package dev.gorgon.server.access;

import dev.gorgon.server.Access;
import dev.gorgon.server.ServerException;
import dev.gorgon.server.http.WatchedFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys in a file: one per line; empty lines and lines that start with {@code #} do not count, nor do spaces around a key. The
 * file may change while the server runs. One that cannot be read any more, or that holds something else than keys, changes
 * nothing; one without any key opens nothing. {@link #keys} may be called from any thread.
 */
public final class KeyFile {
    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);
    private static final int MAX_BYTES = 1 << 20;

    private final Path file;
    private final WatchedFiles watched;
    private volatile KeyRing keys;

    /**
     * Reads the file.
     *
     * @throws ServerException if it cannot be read or is no list of keys
     */
    public KeyFile(Path file) {
        this.file = file;
        this.watched = new WatchedFiles(List.of(file)); // before reading: a change in between is seen later
        this.keys = read(file);
        if (keys.size() == 0) {
            log.warn("the key file {} holds no key", file);
        }
    }

    /** The keys it holds now. */
    public KeyRing keys() {
        return keys;
    }

    /** Reads the file again if it changed; keeps the keys and warns if it is broken. Call from one thread at a time. */
    public void refresh() {
        if (!watched.changed()) {
            return;
        }
        try {
            keys = read(file);
            log.info("the key file {} changed: {} now", file, keys);
        } catch (ServerException e) {
            log.warn("{}; the keys stay as they were", e.getMessage());
        }
    }

    private static KeyRing read(Path file) {
        List<String> keys = new ArrayList<>();
        List<String> lines = text(file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (!Access.isSendable(line)) {
                throw new ServerException(
                        "line %d of the key file %s is no key: it must be visible ASCII without spaces"
                                .formatted(i + 1, file));
            }
            keys.add(line);
        }
        return KeyRing.of(keys);
    }

    private static String text(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new ServerException("the key file %s is larger than %d bytes".formatted(file, MAX_BYTES));
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ServerException("the key file %s is not UTF-8 text".formatted(file), e);
        } catch (IOException e) {
            throw new ServerException("cannot read the key file %s: %s".formatted(file, e), e);
        }
    }
}
