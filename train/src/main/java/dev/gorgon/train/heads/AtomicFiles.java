package dev.gorgon.train.heads;

import dev.gorgon.train.data.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Files that are there completely or not at all, whatever ends the program. */
final class AtomicFiles {

    private AtomicFiles() {}

    /**
     * Writes a file by {@link WholeFile}.
     *
     * @throws TrainingException if it cannot be written: a full disk, a missing permission
     */
    static void write(Path target, WholeFile.Body body) {
        try {
            WholeFile.write(target, body);
        } catch (IOException e) {
            throw failed("write", target, e);
        }
    }

    static void write(Path target, byte[] bytes) {
        write(target, channel -> put(channel, ByteBuffer.wrap(bytes)));
    }

    static void write(Path target, String text) {
        write(target, text.getBytes(StandardCharsets.UTF_8));
    }

    static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** What to say when a file operation failed. */
    static TrainingException failed(String verb, Path path, IOException e) {
        String reason = e instanceof FileSystemException system && system.getReason() != null
                ? system.getReason()
                : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new TrainingException("cannot " + verb + " " + path + ": " + reason, e);
    }
}
