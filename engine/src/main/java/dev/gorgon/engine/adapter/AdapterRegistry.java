package dev.gorgon.engine.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of one model. Each folder is loaded once, off the engine thread, and shared by all requests that name it, however
 * many ask at the same time; a folder whose files have changed is loaded anew. A failed load is forgotten, so that the next
 * request sees a repaired folder. Loaded adapters stay until the registry is closed.
 */
public final class AdapterRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AdapterRegistry.class);

    private final AdapterLoader loader;
    private final Map<Content, CompletableFuture<Adapter>> adapters = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    public AdapterRegistry(AdapterLoader loader) {
        this.loader = loader;
    }

    /** What identifies an adapter: a folder and the state of its files. */
    private record Content(Path folder, List<String> files) {

        static Content of(Path folder) {
            try (Stream<Path> files = Files.list(folder)) {
                return new Content(
                        folder.toRealPath(),
                        files.filter(Files::isRegularFile)
                                .sorted()
                                .map(Content::describe)
                                .toList());
            } catch (IOException e) {
                throw new AdapterException(
                        "No valid adapter config file found: tried " + folder.resolve("adapter_config.json") + " and "
                                + folder.resolve("config.json"),
                        e);
            }
        }

        private static String describe(Path file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return file.getFileName() + " " + attributes.size() + " " + attributes.lastModifiedTime();
            } catch (IOException e) {
                return file.getFileName() + " unreadable";
            }
        }
    }

    /**
     * The adapter in a folder, loaded now or before. Returns at once; fails with an {@link AdapterException}.
     *
     * @param id name for messages and metrics
     */
    public CompletableFuture<Adapter> load(String id, Path folder) {
        Content content;
        try {
            content = Content.of(folder);
        } catch (AdapterException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Adapter> adapter =
                adapters.computeIfAbsent(content, key -> CompletableFuture.supplyAsync(() -> load(id, key), threads));
        adapter.whenComplete((loaded, failure) -> {
            if (failure != null) {
                adapters.remove(content, adapter);
            }
        });
        return adapter;
    }

    private Adapter load(String id, Content content) {
        long start = System.nanoTime();
        Adapter adapter = loader.load(id, content.folder);
        LOG.info(
                "loaded adapter {}: {}{}, {} KiB in {} ms",
                id,
                adapter.lora().isPresent() ? "LoRA" : "",
                adapter.medusa()
                        .map(medusa -> (adapter.lora().isPresent() ? " with " : "")
                                + medusa.heads().size() + " Medusa heads")
                        .orElse(""),
                adapter.bytes() / 1024,
                (System.nanoTime() - start) / 1_000_000);
        return adapter;
    }

    /** Number of adapters loaded or being loaded. */
    public int size() {
        return adapters.size();
    }

    /** Frees all adapters; no engine may be using them. */
    @Override
    public void close() {
        threads.close();
        adapters.values().forEach(adapter -> adapter.thenAccept(Adapter::close));
        adapters.clear();
    }
}
