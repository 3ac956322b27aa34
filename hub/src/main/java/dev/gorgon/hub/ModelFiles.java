package dev.gorgon.hub;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the name of a model or an adapter into a folder with its files (LoRAX contract, section 2.5). Thread-safe; touches the
 * file system, so it does not belong on an event loop.
 */
public final class ModelFiles {
    private static final Logger log = LoggerFactory.getLogger(ModelFiles.class);
    private static final int SHOWN_CHARACTERS = 200;

    private final EmbeddedModels embedded;
    private final Path workingDirectory;

    /**
     * @param embedded models that need no download; their names win over the hub's
     * @param workingDirectory what relative local names are relative to; they cannot leave it
     */
    public ModelFiles(EmbeddedModels embedded, Path workingDirectory) {
        this.embedded = embedded;
        this.workingDirectory = workingDirectory.toAbsolutePath().normalize();
    }

    /** Relative local names are relative to the directory the program was started in. */
    public ModelFiles(EmbeddedModels embedded) {
        this(embedded, Path.of(""));
    }

    /**
     * The folder of a base model: an embedded one, or a local folder. The operator names it, so relative paths may lead anywhere.
     *
     * @throws HubException if there is neither
     */
    public Path resolveModel(String id) {
        checkName("model", id);
        Optional<Path> found = embedded.folder(id);
        if (found.isPresent()) {
            return found.get();
        }
        Path folder = path("model", id);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        if (Files.exists(folder)) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "Model '%s' is a file; name the folder that holds config.json, the tokenizer and the weights"
                            .formatted(show(id)));
        }
        throw new HubException(
                HubException.Code.NOT_FOUND,
                "Model '%s' is neither an embedded model%s nor an existing local folder; downloads are not supported by this version"
                        .formatted(show(id), known()));
    }

    /**
     * The folder of an adapter that a request names. Whether it holds an adapter is for the adapter loader to say.
     *
     * @param id embedded name for {@link AdapterSource#HUB}; an absolute path, or one below the working directory, for
     *     {@link AdapterSource#LOCAL}
     * @throws HubException if the source cannot serve it
     */
    public Path resolveAdapter(String id, AdapterSource source) {
        checkName("adapter", id);
        return switch (source) {
            case HUB ->
                embedded.folder(id)
                        .orElseThrow(() -> new HubException(
                                HubException.Code.NOT_FOUND,
                                ("Adapter '%s' is not one of the embedded adapters%s, and this version cannot download from the"
                                                + " hub; only local folders can be loaded (\"adapter_source\": \"local\")")
                                        .formatted(show(id), known())));
            case LOCAL -> localFolder(id);
            case S3, PBASE ->
                throw new HubException(
                        HubException.Code.NOT_CONFIGURED,
                        ("Adapter '%s' cannot be fetched: this version cannot download from source '%s'; only embedded"
                                        + " adapters%s and local folders (\"adapter_source\": \"local\") can be loaded")
                                .formatted(show(id), source.wireName(), known()));
        };
    }

    private Path localFolder(String id) {
        Path folder = path("adapter", id);
        // Requests come from anybody: a relative name must not climb out of the directory the operator chose.
        if (!Path.of(id).isAbsolute() && !folder.startsWith(workingDirectory)) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "Adapter path '%s' leaves the working directory of the server; use an absolute path or one without '..'"
                            .formatted(show(id)));
        }
        if (!Files.exists(folder)) {
            throw new HubException(
                    HubException.Code.NOT_FOUND,
                    "Adapter folder '%s' does not exist on the server".formatted(show(id)));
        }
        if (!Files.isDirectory(folder)) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "Adapter path '%s' is not a folder; name the folder that holds adapter_config.json or config.json"
                            .formatted(show(id)));
        }
        log.debug("adapter '{}' is local folder {}", id, folder);
        return folder;
    }

    private Path path(String kind, String id) {
        try {
            return workingDirectory.resolve(id).normalize();
        } catch (InvalidPathException e) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "The %s name '%s' is not a valid path".formatted(kind, show(id)),
                    e);
        }
    }

    private static void checkName(String kind, String id) {
        if (id.isBlank()) {
            throw new HubException(HubException.Code.INVALID_NAME, "The %s name is empty".formatted(kind));
        }
        if (id.chars().anyMatch(Character::isISOControl)) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "The %s name '%s' contains control characters".formatted(kind, show(id)));
        }
    }

    private String known() {
        return embedded.names().isEmpty() ? "" : " (" + String.join(", ", embedded.names()) + ")";
    }

    /** The name as it may appear in a message: no control characters, no endless text. */
    private static String show(String id) {
        String cut = id.length() <= SHOWN_CHARACTERS ? id : id.substring(0, SHOWN_CHARACTERS) + "…";
        return cut.replaceAll("\\p{Cc}", "?");
    }
}
