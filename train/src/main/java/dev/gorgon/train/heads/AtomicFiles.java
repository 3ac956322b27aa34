package dev.gorgon.train.heads;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there completely or not at all, whatever ends the program. */
final class AtomicFiles {

    private AtomicFiles() {}

    /** Writes a file's contents. */
    interface Body {
        void write(FileChannel channel) throws IOException;
    }

    /**
     * Writes beside the target, forces it to the disk, and renames it.
     *
     * @throws TrainingException if it cannot be written: a full disk, a missing permission
     */
    static void write(Path target, Body body) {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        try {
            try (FileChannel channel = FileChannel.open(
                    partial,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                body.write(channel);
                channel.force(true);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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
