package dev.gorgon.train.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there completely or not at all, whatever ends the program. */
public final class WholeFile {

    private WholeFile() {}

    /** Writes a file's contents. */
    public interface Body {
        void write(FileChannel channel) throws IOException;
    }

    /**
     * Writes beside the target, forces it to the disk, and renames it.
     *
     * @throws IOException if it cannot be written: a full disk, a missing permission; what was there before then is still there
     */
    public static void write(Path target, Body body) throws IOException {
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
            try {
                Files.deleteIfExists(partial);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }
}
