package dev.gorgon.hub.s3;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.HubException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The files of a folder in a bucket that matter for a model or an adapter. Subfolders and everything else (read-mes, the state of an
 * optimizer) are left out: they neither count for the version nor are they fetched.
 *
 * @param address the folder
 * @param files sorted by name; all names are fit for a file system
 */
record Listing(S3Address address, List<StoredObject> files) {
    private static final Set<String> ADAPTER_CONFIGS = Set.of("config.json", "adapter_config.json");
    /** In order of preference. */
    private static final List<String> WEIGHTS = List.of(".safetensors", ".bin", ".pt");

    private static final List<String> NOT_WEIGHTS = List.of("arguments", "args", "training");
    private static final Set<String> TEXT_FILES = Set.of("merges.txt", "vocab.txt", "tokenizer.model");

    /**
     * @param objects what the server says is in the folder: to be doubted
     * @throws HubException if it is not in the folder, or a file that matters has a name or a size that cannot be
     */
    static Listing of(S3Address address, List<StoredObject> objects) {
        for (StoredObject object : objects) {
            if (!object.key().equals(address.prefix() + object.name())) {
                throw new HubException(
                        HubException.Code.DAMAGED,
                        "The S3 server lists '%s', which is not in '%s'; it cannot be trusted"
                                .formatted(S3Address.show(object.key()), address));
            }
        }
        List<StoredObject> files = objects.stream()
                .filter(object -> isAdapterFile(object.name()) || isModelFile(object.name()))
                .sorted(Comparator.comparing(StoredObject::name))
                .toList();
        for (StoredObject file : files) {
            check(address, file);
        }
        return new Listing(address, files);
    }

    private static void check(S3Address address, StoredObject file) {
        if (!S3Address.isPlain(file.name())) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "'%s' holds a file named '%s'; names of files may hold letters, digits and . _ = + @ , : ~ - only, so rename it"
                            .formatted(address, S3Address.show(file.name())));
        }
        if (file.bytes() < 0) {
            throw new HubException(
                    HubException.Code.DAMAGED,
                    "The S3 server announces %d bytes for '%s' in '%s'".formatted(file.bytes(), file.name(), address));
        }
    }

    /** Names this content: the same for the same files with the same sizes and tags at the same place, and for nothing else. */
    String version(String endpoint) {
        MessageDigest hash = sha256();
        add(hash, endpoint);
        add(hash, address.toString());
        for (StoredObject file : files) {
            add(hash, file.name());
            add(hash, Long.toString(file.bytes()));
            add(hash, file.etag());
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    /**
     * The files to fetch.
     *
     * @throws HubException if there is no model or adapter here; the texts are LoRAX's (contract, sections 2.5 and 2.8)
     */
    List<StoredObject> select(Contents contents) {
        return switch (contents) {
            case ADAPTER -> adapter();
            case MODEL -> model();
        };
    }

    private List<StoredObject> adapter() {
        if (files.stream().noneMatch(file -> ADAPTER_CONFIGS.contains(file.name()))) {
            throw new HubException(
                    HubException.Code.NOT_FOUND,
                    "No valid adapter config file found: tried %1$s/adapter_config.json and %1$s/config.json"
                            .formatted(address));
        }
        for (String extension : WEIGHTS) {
            Predicate<StoredObject> weights = file -> isWeights(file.name(), extension);
            if (files.stream().anyMatch(weights)) {
                return files.stream()
                        .filter(weights.or(file -> ADAPTER_CONFIGS.contains(file.name())))
                        .toList();
            }
        }
        throw noWeights();
    }

    private List<StoredObject> model() {
        if (files.stream().noneMatch(file -> isWeights(file.name(), WEIGHTS.getFirst()))) {
            throw noWeights();
        }
        return files.stream().filter(file -> isModelFile(file.name())).toList();
    }

    private HubException noWeights() {
        return new HubException(
                HubException.Code.NOT_FOUND, "No .safetensors weights found for model %s".formatted(address));
    }

    private static boolean isAdapterFile(String name) {
        return ADAPTER_CONFIGS.contains(name) || WEIGHTS.stream().anyMatch(extension -> isWeights(name, extension));
    }

    private static boolean isModelFile(String name) {
        return isWeights(name, WEIGHTS.getFirst())
                || !name.contains("/")
                        && (TEXT_FILES.contains(name) || name.endsWith(".json") || name.endsWith(".jinja"));
    }

    private static boolean isWeights(String name, String extension) {
        return name.endsWith(extension)
                && !name.contains("/")
                && NOT_WEIGHTS.stream().noneMatch(name::contains);
    }

    private static void add(MessageDigest hash, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        hash.update(new byte[] {
            (byte) (bytes.length >> 24), (byte) (bytes.length >> 16), (byte) (bytes.length >> 8), (byte) bytes.length
        });
        hash.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
