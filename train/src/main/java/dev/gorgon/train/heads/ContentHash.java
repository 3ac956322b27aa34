package dev.gorgon.train.heads;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** SHA-256 of what files and texts contain. */
public final class ContentHash {

    private static final int BUFFER = 1 << 20;

    private ContentHash() {}

    /** Of a text. */
    public static String of(String text) {
        return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Of files: their names, lengths and contents, in the given order.
     *
     * @throws TrainingException if one cannot be read
     */
    public static String of(List<Path> files) {
        MessageDigest digest = sha256();
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                digest.update((file.getFileName() + "\n" + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
                byte[] buffer = new byte[BUFFER];
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    digest.update(buffer, 0, count);
                }
            } catch (IOException e) {
                throw AtomicFiles.failed("read", file, e);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Of the files of a folder whose names end with one of these. */
    static String ofFolder(Path folder, List<String> endings) {
        try (Stream<Path> files = Files.list(folder)) {
            return of(files.filter(file -> endings.stream()
                            .anyMatch(
                                    ending -> String.valueOf(file.getFileName()).endsWith(ending)))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList());
        } catch (IOException e) {
            throw AtomicFiles.failed("read", folder, e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
