package dev.gorgon.engine.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/**
 * What the file system says about a file without reading it. Equal stamps mean equal content, if the stamp had settled when it was
 * taken.
 *
 * @param name the name in its folder
 * @param realPath the file itself, behind all links
 * @param size bytes
 * @param modified time of the last change of the content; programs may set it to anything
 * @param changed time of the last change of any kind, set by the system alone; the same as {@code modified} where there is none
 * @param key number of the file in its file system, where there is one
 */
record FileStamp(String name, Path realPath, long size, FileTime modified, FileTime changed, String key) {

    /** Clocks of file systems tick every 1 to 10 ms; the oldest, whole seconds. */
    private static final Duration TICK = Duration.ofMillis(50);

    private static final Duration COARSE_TICK = Duration.ofSeconds(2);

    /**
     * The stamp of a file or of the file that a link leads to.
     *
     * @throws IOException if it cannot be found
     */
    static FileStamp of(Path file) throws IOException {
        Path realPath = file.toRealPath();
        BasicFileAttributes attributes = Files.readAttributes(realPath, BasicFileAttributes.class);
        boolean unix = realPath.getFileSystem().supportedFileAttributeViews().contains("unix");
        FileTime modified = attributes.lastModifiedTime();
        FileTime changed =
                unix && Files.getAttribute(realPath, "unix:ctime") instanceof FileTime time ? time : modified;
        return new FileStamp(
                String.valueOf(file.getFileName()),
                realPath,
                attributes.size(),
                modified,
                changed,
                String.valueOf(attributes.fileKey()));
    }

    FileStamp withName(String newName) {
        return new FileStamp(newName, realPath, size, modified, changed, key);
    }

    /**
     * How long to wait until every later change is sure to give another stamp: a change within one tick of the clock after the last
     * one would leave the same time. Zero if the stamp has settled, and also if its time lies in the future, when waiting is no use.
     */
    Duration untilSettled(Instant now) {
        Duration age = Duration.between(changed.toInstant(), now);
        Duration needed = changed.toInstant().getNano() == 0 ? COARSE_TICK : TICK;
        return age.isNegative() || age.compareTo(needed) >= 0 ? Duration.ZERO : needed.minus(age);
    }

    /** Whether every later change is sure to give another stamp. */
    boolean settled(Instant now) {
        return !changed.toInstant().isAfter(now) && untilSettled(now).isZero();
    }
}
