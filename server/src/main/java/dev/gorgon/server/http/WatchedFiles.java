package dev.gorgon.server.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** Files that are read again when they change. Not thread-safe. */
public final class WatchedFiles {
    private final List<Path> files;
    private List<String> seen;

    /** Starts from the present state of the files. */
    public WatchedFiles(List<Path> files) {
        this.files = List.copyOf(files);
        this.seen = stamps();
    }

    /** Whether time, size or identity of a file differ from what they were when this was last asked; also if it went or came. */
    public boolean changed() {
        List<String> now = stamps();
        boolean changed = !now.equals(seen);
        seen = now;
        return changed;
    }

    private List<String> stamps() {
        return files.stream().map(WatchedFiles::stamp).toList();
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime().toInstant() + " " + attributes.size() + " " + attributes.fileKey();
        } catch (IOException e) {
            return "absent";
        }
    }
}
