package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A hub, a cache, a source between them that does not wait long, and files to fetch. */
final class HubFixture implements AutoCloseable {
    static final Patience IMPATIENT =
            new Patience(Duration.ofSeconds(5), Duration.ofSeconds(2), 4, Duration.ofMillis(5), Duration.ofSeconds(3));

    static final FileRef ADAPTER = FileRef.of(AdapterSource.HUB, "org/adapter");

    final FakeHub hub = FakeHub.start();
    final Path cache;
    final HubSource source;

    HubFixture(Path cache) {
        this.cache = cache;
        this.source = source(false);
    }

    HubSettings settings(boolean offline) {
        return new HubSettings(hub.endpoint(), cache, offline, true, Credential.NONE, false);
    }

    HubSource source(boolean offline) {
        return new HubSource(settings(offline), IMPATIENT, DownloadLimits.DEFAULT);
    }

    /** A LoRA adapter: two small files and one large one with this many random bytes. */
    static Map<String, byte[]> adapter(int bytes, long seed) {
        byte[] weights = new byte[bytes];
        new Random(seed).nextBytes(weights);
        Map<String, byte[]> files = new TreeMap<>();
        files.put("adapter_config.json", ("{\"r\":8,\"seed\":" + seed + "}").getBytes(StandardCharsets.UTF_8));
        files.put("adapter_model.safetensors", weights);
        files.put("README.md", "not wanted".getBytes(StandardCharsets.UTF_8));
        files.put(".gitattributes", "*.safetensors filter=lfs".getBytes(StandardCharsets.UTF_8));
        files.put("training_args.bin", new byte[100]);
        return files;
    }

    Path fetch(FileRef ref, Credential credential) {
        Located located = source.locate(ref, credential);
        return source.fetch(located, Contents.ADAPTER, credential, Progress.NONE);
    }

    Path fetch() {
        return fetch(ADAPTER, Credential.NONE);
    }

    static FileRef at(String revision) {
        return new FileRef(AdapterSource.HUB, ADAPTER.id(), Optional.of(revision));
    }

    Path repoFolder() {
        return cache.resolve("models--org--adapter");
    }

    /** Sends what was asked of the hub's store for large files. */
    long storeRequests() {
        return hub.requests().stream().filter(request -> !request.hub()).count();
    }

    static void checkIntegrity(Path repoFolder) throws IOException {
        if (!Files.isDirectory(repoFolder.resolve("snapshots"))) {
            return;
        }
        try (Stream<Path> files = Files.walk(repoFolder.resolve("snapshots"))) {
            for (Path file : files.filter(path -> !Files.isDirectory(path)).toList()) {
                String name = String.valueOf(file.getFileName());
                Path target = Files.readSymbolicLink(file);
                String tag = FakeRepo.tag(name, Files.readAllBytes(file));
                if (!target.equals(Path.of("../../blobs/" + tag))) {
                    throw new AssertionError(file + " links to " + target + " but holds " + tag);
                }
            }
        }
    }

    @Override
    public void close() {
        source.close();
        hub.close();
    }
}
