package dev.gorgon.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The demonstration model and its adapters, as folders on disk: where the class path holds files they are used in place, out of a
 * jar they are unpacked once into a cache folder. Only names in the index exist, so a name can never lead elsewhere.
 */
public final class EmbeddedDemo {

    private static final String INDEX = "index.txt";
    private static final String DATA = "data";

    private final Class<?> anchor;
    private final Path cache;
    /** Files with their SHA-256, by folder. */
    private final Map<String, Map<String, String>> folders = new TreeMap<>();

    private final String version;

    /**
     * @param anchor class whose package holds the resources
     * @param cache folder to unpack into
     */
    EmbeddedDemo(Class<?> anchor, Path cache) {
        this.anchor = anchor;
        this.cache = cache;
        byte[] index = read(INDEX);
        this.version = sha256(index).substring(0, 16);
        for (String line : new String(index, StandardCharsets.UTF_8).split("\n", -1)) {
            String[] fields = line.split("[ /]", 3);
            if (fields.length == 3) {
                folders.computeIfAbsent(fields[1], key -> new TreeMap<>()).put(fields[2], fields[0]);
            }
        }
    }

    private static final class Holder {
        static final EmbeddedDemo INSTANCE = new EmbeddedDemo(EmbeddedDemo.class, defaultCache());
    }

    private static Path defaultCache() {
        String ours = System.getenv("GORGON_CACHE");
        if (ours != null && !ours.isEmpty()) {
            return Path.of(ours);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return (xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("gorgon");
    }

    /** Names of the model and all adapters. */
    public static List<String> names() {
        return Holder.INSTANCE.folderNames();
    }

    /**
     * The folder of a model or adapter; empty for any other name.
     *
     * @throws UncheckedIOException if it cannot be unpacked anywhere
     */
    public static Optional<Path> folder(String name) {
        return name.equals(DATA) ? Optional.empty() : Holder.INSTANCE.find(name);
    }

    /** The folder of the prompts that the Medusa heads were trained on, in ShareGPT form. */
    public static Path data() {
        return Holder.INSTANCE.find(DATA).orElseThrow();
    }

    List<String> folderNames() {
        return folders.keySet().stream().filter(name -> !name.equals(DATA)).toList();
    }

    Optional<Path> find(String name) {
        Map<String, String> files = folders.get(name);
        if (files == null) {
            return Optional.empty();
        }
        Optional<Path> inPlace = onDisk(name, files);
        return inPlace.isPresent() ? inPlace : Optional.of(unpack(name, files));
    }

    private Optional<Path> onDisk(String name, Map<String, String> files) {
        URL url = anchor.getResource(name + "/" + files.keySet().iterator().next());
        if (url == null || !url.getProtocol().equals("file")) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(Path.of(url.toURI()).getParent());
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private Path unpack(String name, Map<String, String> files) {
        Path target = cache.resolve("demo").resolve(version).resolve(name);
        if (Files.isDirectory(target)) {
            return target;
        }
        try {
            return unpackTo(target, name, files);
        } catch (IOException e) {
            try {
                return unpackTo(Files.createTempDirectory("gorgon-demo-").resolve(name), name, files);
            } catch (IOException second) {
                second.addSuppressed(e);
                throw new UncheckedIOException(
                        "cannot unpack " + name + " into " + cache + "; set GORGON_CACHE to a writable folder", second);
            }
        }
    }

    /** Unpacks beside the target and moves at the end, so that a folder is complete or not there at all. */
    private Path unpackTo(Path target, String name, Map<String, String> files) throws IOException {
        Path parent = Files.createDirectories(target.getParent());
        Path work = Files.createTempDirectory(parent, ".unpacking-");
        try {
            for (Map.Entry<String, String> file : files.entrySet()) {
                byte[] bytes = read(name + "/" + file.getKey());
                if (!sha256(bytes).equals(file.getValue())) {
                    throw new IOException("the embedded file " + name + "/" + file.getKey() + " is damaged");
                }
                Files.write(work.resolve(file.getKey()), bytes);
            }
            Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException e) {
            delete(work);
        } catch (IOException e) {
            delete(work);
            // another process may have been faster; a folder that is not empty cannot be replaced
            if (!Files.isDirectory(target)) {
                throw e;
            }
        }
        return target;
    }

    private static void delete(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (var listed = Files.list(folder)) {
            listed.forEach(files::add);
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
    }

    private byte[] read(String resource) {
        try (InputStream in = anchor.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + resource + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
