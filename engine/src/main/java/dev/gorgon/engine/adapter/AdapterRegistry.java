package dev.gorgon.engine.adapter;

import dev.gorgon.engine.meter.Distribution;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of one model: from the names that askers use, through what their sources say, to slots whose weights come and go.
 *
 * <p>A slot's identity is its content, so equal content under many names is in memory once, and a name whose content changes leads
 * to another slot. Who may have what is decided per name and credential, by asking the source, and believed for a short while.
 * Everything that waits — for a network, a disk, memory — does so off the engine thread.
 */
public final class AdapterRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AdapterRegistry.class);
    /** Names and slots remembered; beyond, those asked for longest ago are forgotten. */
    private static final int REMEMBERED = 20_000;

    private static final int HASHERS = 2;
    private static final long CLOSE_SECONDS = 60;

    private final AdapterLoader loader;
    private final RegistryLimits limits;
    private final AdapterPool pool;
    private final ExecutorService loaders;
    private final ExecutorService hashers;
    private final ScheduledExecutorService timer;
    private final ExecutorService asking = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<AdapterOrigin.Name, NamedAdapter> names = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, PooledSlot> slots = new LinkedHashMap<>(64, 0.75f, true);

    public AdapterRegistry(AdapterLoader loader, RegistryLimits limits, RegistryHooks hooks) {
        this.loader = loader;
        this.limits = limits;
        this.loaders = Executors.newFixedThreadPool(limits.loaderThreads(), hooks.loaderThreads());
        this.hashers = Executors.newFixedThreadPool(HASHERS, hooks.loaderThreads());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("gorgon-adapter-timer").factory());
        this.pool = new AdapterPool(limits, loaders, timer, System::nanoTime, hooks);
    }

    /**
     * The slot of what an asker names. Returns at once; completes when the source has agreed, the files are here and their content
     * is known. Whether weights are in memory is another matter, see {@link AdapterSlot}.
     *
     * @return fails with an {@link AdapterException}
     */
    public CompletableFuture<AdapterSlot> resolve(AdapterOrigin origin) {
        return known(origin).thenApply(known -> known.slot());
    }

    private CompletableFuture<NamedAdapter.Known> known(AdapterOrigin origin) {
        NamedAdapter named = named(origin.name());
        long now = System.nanoTime();
        return switch (named.decide(origin.freshness(), limits.recheck().toNanos(), now)) {
            case NamedAdapter.Decision.Serve(NamedAdapter.Known known) -> CompletableFuture.completedFuture(known);
            case NamedAdapter.Decision.ServeAndCheck(
                    NamedAdapter.Known known,
                    CompletableFuture<NamedAdapter.Known> check) -> {
                ask(named, origin, check);
                yield CompletableFuture.completedFuture(known);
            }
            case NamedAdapter.Decision.Refuse(AdapterException failure) -> CompletableFuture.failedFuture(failure);
            case NamedAdapter.Decision.Join(CompletableFuture<NamedAdapter.Known> check) -> check;
            case NamedAdapter.Decision.Check(CompletableFuture<NamedAdapter.Known> check) -> {
                ask(named, origin, check);
                yield check;
            }
        };
    }

    /** Asks a source, off this thread. */
    private void ask(NamedAdapter named, AdapterOrigin origin, CompletableFuture<NamedAdapter.Known> check) {
        try {
            asking.execute(() -> {
                try {
                    NamedAdapter.Known answer = answer(named, origin);
                    named.succeeded(check, answer);
                    check.complete(answer);
                } catch (RuntimeException | Error e) { // whatever it is: others wait for the answer
                    AdapterException failure = failure(origin, e);
                    named.failed(check, failure, System.nanoTime());
                    check.completeExceptionally(failure);
                }
            });
        } catch (RejectedExecutionException e) {
            check.completeExceptionally(AdapterPool.shuttingDown());
        }
    }

    private static AdapterException failure(AdapterOrigin origin, Throwable e) {
        if (e instanceof AdapterException known) {
            return known;
        }
        LOG.error("resolving adapter {} failed unexpectedly", origin.name().id(), e);
        return new AdapterException(
                AdapterException.Code.ADAPTER_UNAVAILABLE,
                "adapter " + origin.name().id() + " could not be looked up",
                e);
    }

    private NamedAdapter.Known answer(NamedAdapter named, AdapterOrigin origin) {
        AdapterOrigin.Version version = origin.locate();
        Optional<NamedAdapter.Known> before = named.known();
        if (before.isPresent() && before.get().version().id().equals(version.id())) {
            return new NamedAdapter.Known(version, keep(before.get().slot()), System.nanoTime());
        }
        named.downloading(true);
        Path folder = origin.fetch(version);
        ContentIdentity content = hashed(folder, version);
        String id = origin.name().id();
        AdapterRecipe recipe = new FolderRecipe(loader, id, origin.policy(), folder, content.stamp());
        PooledSlot slot = slot(content.identity(), id, content.stamp().bytes(), recipe);
        return new NamedAdapter.Known(version, slot, System.nanoTime());
    }

    /** Hashing takes a core while it lasts, so it happens where running requests do not notice. */
    private ContentIdentity hashed(Path folder, AdapterOrigin.Version version) {
        try {
            return CompletableFuture.supplyAsync(() -> ContentIdentity.of(folder, version.revision()), hashers)
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** An asker's adapters merged into one; each must be the asker's to have. Otherwise like {@link #resolve}. */
    public CompletableFuture<AdapterSlot> resolveMerged(List<? extends AdapterOrigin> origins, MergeSpec spec) {
        List<CompletableFuture<NamedAdapter.Known>> parts =
                origins.stream().map(this::known).toList();
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
                .thenApplyAsync(
                        done -> merged(
                                origins,
                                parts.stream().map(CompletableFuture::join).toList(),
                                spec),
                        asking);
    }

    private AdapterSlot merged(List<? extends AdapterOrigin> origins, List<NamedAdapter.Known> parts, MergeSpec spec) {
        List<FolderRecipe> folders = new ArrayList<>();
        List<String> identities = new ArrayList<>();
        long bytes = 0;
        for (NamedAdapter.Known part : parts) {
            if (!(part.slot().recipe() instanceof FolderRecipe folder)) {
                throw new IllegalStateException("only adapters from folders can be named");
            }
            folders.add(folder);
            identities.add(part.slot().identity());
            bytes = Math.max(bytes, part.slot().estimatedBytes());
        }
        String name = origins.stream().map(origin -> origin.name().id()).collect(Collectors.joining(","));
        String identity = MergeRecipe.identity(identities, spec);
        boolean restricted = parts.stream().anyMatch(part -> part.version().restricted());
        return slot(identity, name, bytes, new MergeRecipe(loader, name, folders, identities, spec, restricted));
    }

    private PooledSlot slot(String identity, String name, long estimatedBytes, AdapterRecipe recipe) {
        synchronized (slots) {
            PooledSlot slot = slots.get(identity);
            if (slot == null) {
                slot = pool.slot(identity, name, estimatedBytes, recipe);
                slots.put(identity, slot);
                trim(slots, pool::isForgettable);
            } else {
                slot.loadFrom(recipe);
            }
            return slot;
        }
    }

    /** A slot that was forgotten meanwhile is remembered again. */
    private PooledSlot keep(PooledSlot slot) {
        synchronized (slots) {
            PooledSlot present = slots.putIfAbsent(slot.identity(), slot);
            return present == null ? slot : present;
        }
    }

    private NamedAdapter named(AdapterOrigin.Name name) {
        synchronized (names) {
            NamedAdapter named = names.get(name);
            if (named == null) {
                named = new NamedAdapter(name);
                names.put(name, named);
                trim(names, entry -> !entry.isChecking());
            }
            return named;
        }
    }

    /** Forgets what was asked for longest ago. */
    private static <K, V> void trim(Map<K, V> entries, Predicate<V> forgettable) {
        Iterator<V> oldest = entries.values().iterator();
        while (entries.size() > REMEMBERED && oldest.hasNext()) {
            if (forgettable.test(oldest.next())) {
                oldest.remove();
            }
        }
    }

    /**
     * Brings an adapter into memory now; the operator's way, for what is pinned or asked for by name.
     *
     * @param pin whether it stays there, outside of the memory budget
     */
    public CompletableFuture<AdapterSlot> load(AdapterOrigin origin, boolean pin) {
        return known(origin).thenCompose(known -> {
            PooledSlot slot = known.slot();
            if (pin) {
                pool.pin(slot);
            }
            CompletableFuture<AdapterSlot> loaded = new CompletableFuture<>();
            slot.request(
                    () -> slot.failure().ifPresentOrElse(loaded::completeExceptionally, () -> loaded.complete(slot)));
            return loaded;
        });
    }

    /**
     * Lets everything that a name stands for leave memory as soon as nobody uses it, and asks its source anew at the next request.
     *
     * @return whether there was anything to unload; empty when it is pinned
     */
    public Optional<Boolean> unload(String source, String id) {
        List<PooledSlot> found = new ArrayList<>();
        synchronized (names) {
            for (NamedAdapter named : names.values()) {
                if (named.name().source().equals(source) && named.name().id().equals(id)) {
                    named.known().ifPresent(known -> found.add(known.slot()));
                    named.forget();
                }
            }
        }
        boolean pinned = false;
        boolean any = false;
        for (PooledSlot slot : found) {
            any |= pool.view(slot).adapter().isPresent();
            pinned |= !pool.unload(slot);
        }
        return pinned ? Optional.empty() : Optional.of(any);
    }

    /** All adapters that are known, those asked for last at the end. */
    public List<AdapterStatus> list() {
        List<NamedAdapter> named;
        synchronized (names) {
            named = List.copyOf(names.values());
        }
        List<PooledSlot> all;
        synchronized (slots) {
            all = List.copyOf(slots.values());
        }
        return new AdapterListing(pool).of(named, all);
    }

    /** How long loads took that brought an adapter into memory. */
    public Distribution loadTimes() {
        return pool.loadTimes;
    }

    public PoolStats stats() {
        return pool.stats();
    }

    /** Frees all adapters; no engine may be using them. */
    @Override
    public void close() {
        pool.close();
        asking.shutdownNow();
        hashers.shutdownNow();
        timer.shutdownNow();
        loaders.shutdown();
        try {
            if (!loaders.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("an adapter is still loading; its memory is left to the end of the process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (slots) {
            slots.values().forEach(pool::freeNow);
        }
    }
}
