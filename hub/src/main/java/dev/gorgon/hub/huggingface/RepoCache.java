package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.WantedFiles;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A repository in the cache, laid out as huggingface_hub does.
 *
 * <pre>
 * .locks/models--owner--name/TAG.lock
 * models--owner--name/blobs/TAG                  contents, TAG.incomplete while they arrive
 *                     refs/main                  the commit a name stands for
 *                     snapshots/COMMIT/NAME      links to ../../blobs/TAG
 *                     .no_exist/COMMIT/NAME      is known to be missing
 *                     .gorgon/restricted         not everybody may have it
 *                     .gorgon/COMMIT.adapter     sizes and names of all that belongs to it
 * </pre>
 *
 * Only {@code .gorgon} is ours; Python passes it by.
 */
final class RepoCache {
    private static final Logger LOG = LoggerFactory.getLogger(RepoCache.class);
    private static final String INDEX = "model.safetensors.index.json";

    private final Path cache;
    private final Path folder;
    private final String folderName;

    RepoCache(Path cache, RepoName repo) {
        this.cache = cache;
        this.folderName = repo.folderName();
        this.folder = cache.resolve(folderName);
    }

    Path blob(String tag) {
        return folder.resolve("blobs").resolve(tag);
    }

    Path incomplete(String tag) {
        return folder.resolve("blobs").resolve(tag + ".incomplete");
    }

    Path lock(String tag) {
        return cache.resolve(".locks").resolve(folderName).resolve(tag + ".lock");
    }

    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    boolean exists() {
        return Files.isDirectory(folder);
    }

    /** The commit that a revision stood for when somebody asked last; empty if its files are not here. */
    Optional<String> commit(String revision) {
        String commit = revision;
        if (!RepoName.isCommit(revision)) {
            try {
                commit = Files.readString(folder.resolve("refs").resolve(revision))
                        .strip();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
        return RepoName.isCommit(commit) && Files.isDirectory(snapshot(commit))
                ? Optional.of(commit)
                : Optional.empty();
    }

    void writeRef(String revision, String commit) throws IOException {
        Path ref = folder.resolve("refs").resolve(revision);
        if (!revision.equals(commit)
                && !(Files.isRegularFile(ref) && Files.readString(ref).equals(commit))) {
            write(ref, commit);
        }
    }

    void markMissing(String commit, String name) throws IOException {
        Path marker = folder.resolve(".no_exist").resolve(commit).resolve(name);
        if (!Files.exists(marker)) {
            write(marker, "");
        }
    }

    boolean isRestricted() {
        return Files.exists(restrictedMarker());
    }

    void markRestricted(boolean restricted) throws IOException {
        if (restricted && !isRestricted()) {
            write(restrictedMarker(), "");
        } else if (!restricted) {
            Files.deleteIfExists(restrictedMarker());
        }
    }

    private Path restrictedMarker() {
        return folder.resolve(".gorgon").resolve("restricted");
    }

    /** Remembers what belongs to a snapshot, once all of it is there. */
    void writeComplete(String commit, Contents contents, Map<String, Long> sizes) throws IOException {
        StringBuilder lines = new StringBuilder();
        sizes.forEach(
                (name, size) -> lines.append(size).append(' ').append(name).append('\n'));
        write(completeMarker(commit, contents), lines.toString());
    }

    private Path completeMarker(String commit, Contents contents) {
        return folder.resolve(".gorgon").resolve(commit + "." + contents.name().toLowerCase(Locale.ROOT));
    }

    /** The snapshot, if we have completed it before and nothing of it has vanished since. */
    Optional<Path> complete(String commit, Contents contents) {
        Path snapshot = snapshot(commit);
        try {
            for (String line : Files.readAllLines(completeMarker(commit, contents))) {
                String[] parts = line.split(" ", 2);
                if (Files.size(snapshot.resolve(parts[1])) != Long.parseLong(parts[0])) {
                    return Optional.empty();
                }
            }
            return Optional.of(snapshot);
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /** The snapshot, if what lies there looks complete, whoever put it there: a configuration, and all weights that an index names. */
    Optional<Path> usable(String commit, Contents contents) {
        Path snapshot = snapshot(commit);
        Set<String> present = new HashSet<>();
        try (Stream<Path> files = Files.list(snapshot)) {
            files.filter(Files::isRegularFile).forEach(file -> present.add(String.valueOf(file.getFileName())));
        } catch (IOException e) {
            return Optional.empty();
        }
        boolean configured = present.contains("config.json") || present.contains("adapter_config.json");
        boolean weighty = !WantedFiles.weights(contents, present).isEmpty();
        return configured && weighty && present.containsAll(shards(snapshot))
                ? Optional.of(snapshot)
                : Optional.empty();
    }

    private static List<String> shards(Path snapshot) {
        Path index = snapshot.resolve(INDEX);
        if (!Files.isRegularFile(index)) {
            return List.of();
        }
        try {
            List<String> names = new ArrayList<>();
            for (JsonNode name :
                    JsonMapper.shared().readTree(Files.readAllBytes(index)).path("weight_map")) {
                names.add(name.asString(""));
            }
            return names;
        } catch (IOException | JacksonException e) {
            return List.of(INDEX + " cannot be read");
        }
    }

    /** Makes or replaces a link in one step: who reads the snapshot meanwhile never misses it. */
    private void point(Path pointer, Path target) throws IOException {
        if (Files.isSymbolicLink(pointer) && Files.readSymbolicLink(pointer).equals(target)) {
            return;
        }
        Path own = folder.resolve(".gorgon");
        Files.createDirectories(own);
        Path made = Files.createSymbolicLink(own.resolve(UUID.randomUUID() + ".link"), target);
        try {
            Files.move(made, pointer, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(made);
        }
    }

    /**
     * Gives a blob its name in a snapshot.
     *
     * @param fresh whether the blob has just been downloaded, so that nothing else refers to it
     */
    void link(String commit, String name, String tag, boolean symlinks, boolean fresh) throws IOException {
        Path pointer = snapshot(commit).resolve(name);
        Files.createDirectories(snapshot(commit));
        if (symlinks) {
            try {
                point(pointer, Path.of("..", "..", "blobs", tag));
                return;
            } catch (IOException | UnsupportedOperationException e) {
                if (Files.exists(pointer)) {
                    return; // somebody else was faster
                }
                LOG.debug("no symbolic links in {}: {}", cache, e.getMessage());
            }
        }
        if (fresh) {
            moveInto(blob(tag), pointer);
        } else {
            Path copy = folder.resolve("blobs").resolve(tag + "." + UUID.randomUUID() + ".incomplete");
            Files.copy(blob(tag), copy);
            moveInto(copy, pointer);
        }
    }

    /** At no moment is there half a file under the new name. */
    static void moveInto(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Path parent = java.util.Objects.requireNonNull(file.getParent());
        Files.createDirectories(parent);
        Path temporary = parent.resolve(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        Files.writeString(temporary, text);
        moveInto(temporary, file);
    }

    /** What to tell a caller when this machine cannot store files: no paths, they are the operator's. */
    HubException storageFailure(String subject, IOException cause) {
        LOG.warn("cannot store {} in {}: {}", subject, folder, cause.toString());
        boolean full = String.valueOf(cause.getMessage()).contains("No space left");
        return new HubException(
                HubException.Code.STORAGE,
                "The server cannot store %s: %s"
                        .formatted(
                                subject,
                                full ? "the disk of its hub cache is full" : "its hub cache cannot be written"),
                cause);
    }
}
