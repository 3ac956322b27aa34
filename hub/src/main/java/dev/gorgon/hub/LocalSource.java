package dev.gorgon.hub;

import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Folders of this machine. What requests name is confined to the roots that the operator has chosen: the folder itself and every file
 * in it that a loader might read, after all links. Guards against names, not against somebody who may write into a root.
 */
public final class LocalSource implements FileSource {
    private static final String FLAG = "--local-adapter-root";
    private static final int SHOWN_CHARACTERS = 200;
    /** A folder with more entries is no model. */
    private static final int MOST_FILES = 10_000;

    private static final String ODD = "contains characters that are not allowed in adapter paths";

    /** How folders of downloads begin: some may hold what is not for everybody. */
    private static final String DOWNLOAD = "models--";

    private final Optional<List<Path>> roots;
    private final List<Path> caches;

    private LocalSource(Optional<List<Path>> roots, List<Path> caches) {
        this.roots = roots;
        this.caches = caches;
    }

    /** Serves what lies below these folders, see {@link #confined(List, List)}. */
    public static LocalSource confined(List<Path> roots) {
        return confined(roots, List.of());
    }

    /**
     * Serves what lies below these folders. Relative names are tried below each, in order. Roots may come to exist later.
     *
     * @param caches folders of downloads, which may lie in a root: what was downloaded for one caller is not served to another, who
     *     would have to ask its source
     */
    public static LocalSource confined(List<Path> roots, List<Path> caches) {
        return new LocalSource(
                Optional.of(roots.stream()
                        .map(root -> root.toAbsolutePath().normalize())
                        .toList()),
                List.copyOf(caches));
    }

    /** Serves any folder; for what the operator names. Relative names are relative to the working directory. */
    public static LocalSource unconfined() {
        return new LocalSource(Optional.empty(), List.of());
    }

    /** The version is a hash over the names, sizes, times and identities of the files. */
    @Override
    public Located locate(FileRef ref, Credential credential) {
        return new Located(ref, version(folder(ref.id())), false);
    }

    /** The folder itself; nothing is copied. */
    @Override
    public Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
        Path folder = folder(located.ref().id());
        if (!version(folder).equals(located.version())) {
            throw new HubException(
                    Code.DAMAGED,
                    "The files of '%s' are changing; try again when they are complete"
                            .formatted(show(located.ref().id())));
        }
        return folder;
    }

    private Path folder(String id) {
        if (id.isBlank()) {
            throw new HubException(Code.INVALID_NAME, "The adapter name is empty");
        }
        if (roots.isEmpty()) {
            return checked(id, Path.of("").toAbsolutePath().resolve(path(id)).normalize());
        }
        checkCharacters(id);
        Path path = path(id);
        if (path.isAbsolute()) {
            Path folder = path.normalize();
            if (roots.get().stream().noneMatch(root -> folder.startsWith(root) || folder.startsWith(real(root)))) {
                throw outside(id);
            }
            return checked(id, folder);
        }
        for (Path root : roots.get()) {
            Path folder = root.resolve(path).normalize();
            if (Files.exists(folder)) {
                return checked(id, folder);
            }
        }
        throw missing(id);
    }

    private Path checked(String id, Path folder) {
        Path real;
        try {
            real = folder.toRealPath();
        } catch (IOException e) {
            throw missing(id);
        }
        if (!isAllowed(real)) {
            throw outside(id);
        }
        if (!Files.isDirectory(real)) {
            throw new HubException(
                    Code.INVALID_NAME,
                    "Adapter path '%s' is not a folder; name the folder that holds adapter_config.json or config.json"
                            .formatted(show(id)));
        }
        for (Path file : files(id, real)) {
            checkFile(id, file);
        }
        return real;
    }

    private void checkFile(String id, Path file) {
        try {
            if (!isAllowed(file.toRealPath())) {
                throw new HubException(
                        Code.INVALID_NAME,
                        "'%s' in '%s' is a link that leads out of the folders given with %s"
                                .formatted(file.getFileName(), show(id), FLAG));
            }
        } catch (IOException e) {
            throw new HubException(
                    Code.NOT_FOUND, "'%s' in '%s' cannot be read".formatted(file.getFileName(), show(id)), e);
        }
    }

    private boolean isAllowed(Path real) {
        return roots.isEmpty()
                || (roots.get().stream().anyMatch(root -> real.startsWith(real(root)))
                        && caches.stream().noneMatch(cache -> isDownload(real(cache), real)));
    }

    private static boolean isDownload(Path cache, Path real) {
        return real.startsWith(cache)
                && real.getNameCount() > cache.getNameCount()
                && real.getName(cache.getNameCount()).toString().startsWith(DOWNLOAD);
    }

    private static Path real(Path root) {
        try {
            return root.toRealPath();
        } catch (IOException e) {
            return root; // does not exist: nothing lies below it
        }
    }

    /** All there is but folders: which of the files are read is the loader's business. */
    private static List<Path> files(String id, Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = entries.filter(entry -> !Files.isDirectory(entry))
                    .limit(MOST_FILES + 1L)
                    .sorted()
                    .toList();
            if (files.size() <= MOST_FILES) {
                return files;
            }
        } catch (IOException e) {
            throw new HubException(Code.NOT_FOUND, "Adapter folder '%s' cannot be read".formatted(show(id)), e);
        }
        throw new HubException(
                Code.INVALID_NAME, "'%s' has more than %d files; it is no adapter".formatted(show(id), MOST_FILES));
    }

    private static String version(Path folder) {
        StringBuilder described = new StringBuilder();
        try {
            for (Path file : files(String.valueOf(folder.getFileName()), folder)) {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                described
                        .append(file.getFileName())
                        .append('\0')
                        .append(attributes.size())
                        .append('\0')
                        .append(attributes.lastModifiedTime().toInstant())
                        .append('\0')
                        .append(attributes.fileKey())
                        .append('\n');
            }
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(described.append(folder).toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (IOException e) {
            throw new HubException(Code.NOT_FOUND, "A file of the folder cannot be read", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static void checkCharacters(String id) {
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean windows = Path.of("").getFileSystem().getSeparator().equals("\\") && (c == '\\' || c == ':');
            if (!Character.isLetterOrDigit(c) && "/._-+@=, ()[]".indexOf(c) < 0 && !windows) {
                throw new HubException(Code.INVALID_NAME, "Adapter path '%s' %s".formatted(show(id), ODD));
            }
        }
        for (String part : id.split("[/\\\\]", -1)) {
            if (part.equals("..")) {
                throw new HubException(
                        Code.INVALID_NAME,
                        "Adapter path '%s' contains '..'; name the folder without it, below a folder given with %s"
                                .formatted(show(id), FLAG));
            }
        }
    }

    private static Path path(String id) {
        try {
            return Path.of(id);
        } catch (InvalidPathException e) {
            throw new HubException(Code.INVALID_NAME, "Adapter path '%s' %s".formatted(show(id), ODD), e);
        }
    }

    /** The same for what exists and for what does not. */
    private static HubException outside(String id) {
        return new HubException(
                Code.INVALID_NAME,
                "Adapter path '%s' is not below a folder that this server may read adapters from; the operator can allow one with %s"
                        .formatted(show(id), FLAG));
    }

    private static HubException missing(String id) {
        return new HubException(
                Code.NOT_FOUND,
                "Adapter folder '%s' does not exist in the folders that this server reads adapters from (%s)"
                        .formatted(show(id), FLAG));
    }

    /** The name as it may appear in a message: no control characters, no endless text. */
    static String show(String id) {
        String cut = id.length() <= SHOWN_CHARACTERS ? id : id.substring(0, SHOWN_CHARACTERS) + "…";
        return cut.replaceAll("\\p{Cc}", "?");
    }
}
