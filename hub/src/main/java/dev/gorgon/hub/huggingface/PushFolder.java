package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a folder that go to the hub: all but hidden ones, checkpoints, caches and what was half written. Links must stay
 * inside, so that nothing leaves this machine that is not in the folder.
 */
final class PushFolder {
    private static final int MOST_FILES = 10_000;
    private static final int DEEPEST = 16;
    private static final Pattern LEFT_OUT = Pattern.compile(
            "\\..*|checkpoint-\\d+|.*\\.checkpoint|hidden-states|__pycache__|.*\\.(partial|incomplete|lock|tmp)");

    private final Path root;
    private final Map<String, Path> files = new TreeMap<>();
    private final List<String> warnings = new ArrayList<>();

    private PushFolder(Path root) {
        this.root = root;
    }

    /** @throws HubException if there is no such folder, or something in it cannot be sent */
    static PushFolder read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new HubException(Code.STORAGE, "There is no folder " + folder);
        }
        try {
            PushFolder read = new PushFolder(folder.toRealPath());
            read.walk(read.root, "", 0);
            if (read.files.isEmpty()) {
                throw new HubException(Code.STORAGE, "The folder " + folder + " holds no files to push");
            }
            read.look();
            return read;
        } catch (IOException e) {
            throw new HubException(Code.STORAGE, "Cannot read " + folder + ": " + e.getMessage(), e);
        }
    }

    private void walk(Path folder, String prefix, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new HubException(Code.STORAGE, "The folders in " + root + " are nested too deeply");
        }
        List<Path> entries;
        try (Stream<Path> listed = Files.list(folder)) {
            entries = listed.sorted().toList();
        }
        for (Path entry : entries) {
            String name = String.valueOf(entry.getFileName());
            if (LEFT_OUT.matcher(name).matches()) {
                continue;
            }
            String path = prefix + name;
            if (Files.isSymbolicLink(entry)) {
                checkLink(entry, path);
            }
            if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                walk(entry, path + "/", depth + 1);
            } else if (Files.isRegularFile(entry)) {
                files.put(path, entry);
            } else {
                throw new HubException(Code.STORAGE, "'" + path + "' in " + root + " is neither a file nor a folder");
            }
            if (files.size() > MOST_FILES) {
                throw new HubException(Code.STORAGE, root + " holds more than " + MOST_FILES + " files");
            }
        }
    }

    private void checkLink(Path entry, String path) throws IOException {
        Path target;
        try {
            target = entry.toRealPath();
        } catch (NoSuchFileException e) {
            throw new HubException(Code.STORAGE, "'" + path + "' in " + root + " is a link to nothing", e);
        }
        if (!target.startsWith(root)) {
            throw new HubException(
                    Code.STORAGE,
                    "'" + path + "' in " + root + " is a link to something outside of the folder; put a copy there");
        }
        if (Files.isDirectory(target)) {
            throw new HubException(Code.STORAGE, "'" + path + "' in " + root + " is a link to a folder");
        }
    }

    private void look() {
        boolean lora = files.containsKey("adapter_config.json");
        boolean weights = files.keySet().stream().anyMatch(path -> path.matches("[^/]*\\.(safetensors|bin|pt)"));
        if (!weights || !(lora || files.containsKey("config.json"))) {
            warnings.add(root + " does not look like an adapter: it has no "
                    + (weights ? "config.json or adapter_config.json" : "weights"));
        }
        if (Files.exists(root.resolve("training.checkpoint"))) {
            warnings.add(root + " holds a training that has not finished; its checkpoint is left out");
        }
    }

    /** By path in the repository, with slashes; in order. */
    Map<String, Path> files() {
        return files;
    }

    List<String> warnings() {
        return warnings;
    }
}
