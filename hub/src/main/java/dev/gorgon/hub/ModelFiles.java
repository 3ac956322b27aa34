package dev.gorgon.hub;

import dev.gorgon.hub.HubException.Code;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * All places where files come from, as one (LoRAX contract, section 2.5). Names of embedded models and adapters win over the hub's.
 * Thread-safe; blocks, so it does not belong on an event loop.
 */
public final class ModelFiles implements FileSource {
    private static final String EMBEDDED_VERSION = "embedded";

    private final EmbeddedModels embedded;
    private final Map<AdapterSource, FileSource> sources;

    /**
     * @param embedded models that need no download
     * @param sources where the others come from; sources that are missing here are refused
     */
    public ModelFiles(EmbeddedModels embedded, Map<AdapterSource, FileSource> sources) {
        this.embedded = embedded;
        this.sources = new EnumMap<>(AdapterSource.class);
        this.sources.putAll(sources);
    }

    /** The same for what the operator names on the command line: local folders may lie anywhere. */
    public ModelFiles trusted() {
        Map<AdapterSource, FileSource> anywhere = new EnumMap<>(sources);
        anywhere.put(AdapterSource.LOCAL, LocalSource.unconfined());
        return new ModelFiles(embedded, anywhere);
    }

    @Override
    public Located locate(FileRef ref, Credential credential) {
        return embeddedFolder(ref).isPresent()
                ? new Located(ref, EMBEDDED_VERSION, false)
                : source(ref).locate(ref, credential);
    }

    @Override
    public Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
        Optional<Path> folder = embeddedFolder(located.ref());
        return folder.isPresent() ? folder.get() : source(located.ref()).fetch(located, contents, credential, progress);
    }

    /**
     * The folder of a base model: an embedded one, else a local folder of that name, else what the source has. The operator names it,
     * so a path may lead anywhere.
     *
     * @throws HubException if there is none, or it cannot be had
     */
    public Path resolveModel(FileRef ref, Credential credential, Progress progress) {
        Optional<Path> found = embeddedFolder(ref).or(() -> localFolder(ref));
        if (found.isPresent()) {
            return found.get();
        }
        ModelFiles anywhere = trusted();
        try {
            return anywhere.fetch(anywhere.locate(ref, credential), Contents.MODEL, credential, progress);
        } catch (HubException e) {
            if (ref.source() == AdapterSource.HUB && (e.code() == Code.INVALID_NAME || e.code() == Code.NOT_FOUND)) {
                throw new HubException(
                        e.code(),
                        "Model '%s' is neither an embedded model%s nor an existing local folder. %s"
                                .formatted(LocalSource.show(ref.id()), known(), e.getMessage()),
                        e);
            }
            throw e;
        }
    }

    private Optional<Path> localFolder(FileRef ref) {
        if (ref.source() != AdapterSource.HUB || ref.id().isBlank()) {
            return Optional.empty();
        }
        try {
            Path folder = Path.of(ref.id()).toAbsolutePath().normalize();
            if (Files.isRegularFile(folder)) {
                throw new HubException(
                        Code.INVALID_NAME,
                        "Model '%s' is a file; name the folder that holds config.json, the tokenizer and the weights"
                                .formatted(LocalSource.show(ref.id())));
            }
            return Files.isDirectory(folder) ? Optional.of(folder) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private Optional<Path> embeddedFolder(FileRef ref) {
        return ref.source() == AdapterSource.HUB ? embedded.folder(ref.id()) : Optional.empty();
    }

    private FileSource source(FileRef ref) {
        FileSource source = sources.get(ref.source());
        if (source != null) {
            return source;
        }
        String remedy = switch (ref.source()) {
            case HUB -> "only embedded models" + known() + " can be had by name";
            case LOCAL -> "the operator can allow folders with --local-adapter-root";
            case S3 -> "the operator has to set AWS credentials, or S3_ENDPOINT_URL for another server than Amazon's";
            case PBASE -> "the operator has to set PREDIBASE_API_TOKEN or callers have to send a token";
        };
        throw new HubException(
                Code.NOT_CONFIGURED,
                "'%s' cannot be fetched: source '%s' is not set up on this server; %s"
                        .formatted(LocalSource.show(ref.id()), ref.source().wireName(), remedy));
    }

    private String known() {
        return embedded.names().isEmpty() ? "" : " (" + String.join(", ", embedded.names()) + ")";
    }
}
