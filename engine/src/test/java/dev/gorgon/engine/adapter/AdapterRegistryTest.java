package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, credentials and contents, over a source whose answers the test decides. */
class AdapterRegistryTest {

    private static final String PIRATE = "stheno-8m-pirate-lora";
    private static final String CHEER = "stheno-8m-cheer-lora";

    @TempDir
    Path folder;

    private final CpuBackend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, 1);
    private final AdapterLoader loader = new AdapterLoader(ModelConfig.read(DemoFolders.folder("stheno-8m")), backend);
    private AdapterRegistry registry = registry(Duration.ofHours(1));
    private final Source source = new Source();

    private AdapterRegistry registry(Duration recheck) {
        RegistryLimits limits = new RegistryLimits(64 << 20, 64, Duration.ofSeconds(2), recheck, 1);
        return new AdapterRegistry(loader, limits, RegistryHooks.NONE);
    }

    @AfterEach
    void close() {
        registry.close();
        backend.close();
    }

    /** A source: what names stand for, and which credentials may have them. */
    private static final class Source {
        final Map<String, Path> folders = new ConcurrentHashMap<>();
        final Map<String, String> owners = new ConcurrentHashMap<>();
        final Map<String, AdapterException> failures = new ConcurrentHashMap<>();
        final Map<String, Error> errors = new ConcurrentHashMap<>();
        final AtomicInteger located = new AtomicInteger();
        final AtomicInteger fetched = new AtomicInteger();
        volatile CountDownLatch gate = new CountDownLatch(0);

        AdapterOrigin origin(String id, String credential, AdapterOrigin.Freshness freshness) {
            return new AdapterOrigin() {
                @Override
                public Name name() {
                    return new Name("hub", id, "", credential);
                }

                @Override
                public Freshness freshness() {
                    return freshness;
                }

                @Override
                public LoadPolicy policy() {
                    return LoadPolicy.DYNAMIC;
                }

                @Override
                public Version locate() {
                    located.incrementAndGet();
                    try {
                        assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    if (errors.containsKey(id)) {
                        throw errors.get(id);
                    }
                    if (failures.containsKey(id)) {
                        throw failures.get(id);
                    }
                    String owner = owners.getOrDefault(id, "");
                    if (!owner.isEmpty() && !owner.equals(credential)) {
                        throw new AdapterException(AdapterException.Code.ACCESS_DENIED, id + " is private");
                    }
                    Path folder = Optional.ofNullable(folders.get(id))
                            .orElseThrow(() ->
                                    new AdapterException(AdapterException.Code.ADAPTER_NOT_FOUND, "there is no " + id));
                    return new Version(FolderStamp.of(folder).toString(), "", !owner.isEmpty());
                }

                @Override
                public Path fetch(Version version) {
                    fetched.incrementAndGet();
                    return Optional.ofNullable(folders.get(id)).orElseThrow();
                }
            };
        }

        AdapterOrigin hub(String id, String credential) {
            return origin(id, credential, AdapterOrigin.Freshness.ASK_AGAIN_LATER);
        }

        AdapterOrigin local(String id) {
            return origin(id, "", AdapterOrigin.Freshness.ASK_ALWAYS);
        }
    }

    private static void copy(String demo, Path target) {
        try {
            Files.createDirectories(target);
            for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
                Path partial = target.resolve(file + ".tmp");
                Files.copy(DemoFolders.folder(demo).resolve(file), partial, StandardCopyOption.REPLACE_EXISTING);
                Files.move(partial, target.resolve(file), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private AdapterSlot resolve(AdapterOrigin origin) {
        try {
            return registry.resolve(origin).get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw e.getCause() instanceof AdapterException known ? known : new IllegalStateException(e);
        }
    }

    private static AdapterLease acquire(AdapterSlot slot) throws InterruptedException {
        CountDownLatch changed = new CountDownLatch(1);
        slot.request(changed::countDown);
        assertThat(changed.await(20, TimeUnit.SECONDS)).isTrue();
        return slot.tryAcquire().orElseThrow(() -> slot.failure().orElseThrow());
    }

    @Test
    void equalContentIsOneSlotWhateverItsNames() throws InterruptedException {
        copy(PIRATE, folder.resolve("a"));
        copy(PIRATE, folder.resolve("b"));
        source.folders.put("a", folder.resolve("a"));
        source.folders.put("b", folder.resolve("b"));
        AdapterSlot a = resolve(source.hub("a", ""));
        AdapterSlot b = resolve(source.hub("b", "token"));
        assertThat(a).isSameAs(b);
        assertThat(a.identity()).matches("[0-9a-f]{64}");
        acquire(a).close();
        assertThat(registry.stats().loads()).isEqualTo(1);
        assertThat(registry.list()).singleElement().satisfies(status -> {
            assertThat(status.names()).extracting(AdapterOrigin.Name::id).containsExactly("a", "b");
            assertThat(status.state()).isEqualTo(AdapterState.READY);
            assertThat(status.kind()).isEqualTo("lora");
            assertThat(status.bytes()).isPositive();
        });
    }

    @Test
    void equalNamesOfDifferentScopesAreDifferentThings() {
        source.folders.put("x", DemoFolders.folder(PIRATE));
        source.owners.put("x", "alice");
        AdapterSlot hers = resolve(source.hub("x", "alice"));
        assertThatThrownBy(() -> resolve(source.hub("x", "")))
                .isInstanceOfSatisfying(
                        AdapterException.class,
                        e -> assertThat(e.code()).isEqualTo(AdapterException.Code.ACCESS_DENIED));
        assertThatThrownBy(() -> resolve(source.hub("x", "bob"))).hasMessage("x is private");
        assertThat(resolve(source.hub("x", "alice"))).isSameAs(hers);
        assertThat(registry.list())
                .filteredOn(status -> !status.identity().isEmpty())
                .allMatch(AdapterStatus::restricted);
    }

    @Test
    void accessIsAskedAgain() throws InterruptedException {
        registry.close();
        registry = registry(Duration.ZERO);
        source.folders.put("x", DemoFolders.folder(PIRATE));
        source.owners.put("x", "alice");
        AdapterOrigin origin = source.hub("x", "alice");
        acquire(resolve(origin)).close();
        source.owners.put("x", "carol");
        assertThatThrownBy(() -> resolve(origin)).hasMessage("x is private");
    }

    @Test
    void accessIsBelievedForAWhile() {
        source.folders.put("x", DemoFolders.folder(PIRATE));
        source.owners.put("x", "alice");
        AdapterOrigin origin = source.hub("x", "alice");
        for (int i = 0; i < 50; i++) {
            resolve(origin);
        }
        assertThat(source.located).hasValue(1);
        assertThat(source.fetched).hasValue(1);
    }

    @Test
    void publicContentIsServedWhileItsSourceIsAskedAgain() throws Exception {
        registry.close();
        registry = registry(Duration.ZERO);
        source.folders.put("x", DemoFolders.folder(PIRATE));
        AdapterOrigin origin = source.hub("x", "");
        AdapterSlot before = resolve(origin);
        source.gate = new CountDownLatch(1);
        source.folders.put("x", DemoFolders.folder(CHEER));
        CompletableFuture<AdapterSlot> at = registry.resolve(origin);
        assertThat(at).isCompletedWithValue(before);
        source.gate.countDown();
        for (int i = 0; i < 2000 && registry.resolve(origin).get() == before; i++) {
            Thread.sleep(5);
        }
        assertThat(registry.resolve(origin).get()).isNotSameAs(before);
    }

    @Test
    void publicContentOutlivesAnUnreachableSource() throws Exception {
        registry.close();
        registry = registry(Duration.ZERO);
        source.folders.put("x", DemoFolders.folder(PIRATE));
        source.folders.put("y", DemoFolders.folder(CHEER));
        source.owners.put("y", "alice");
        AdapterSlot open = resolve(source.hub("x", ""));
        resolve(source.hub("y", "alice"));
        AdapterException away = new AdapterException(AdapterException.Code.ADAPTER_UNAVAILABLE, "no route");
        source.failures.put("x", away);
        source.failures.put("y", away);
        for (int i = 0; i < 20; i++) {
            assertThat(resolve(source.hub("x", ""))).isSameAs(open);
            Thread.sleep(2);
        }
        assertThatThrownBy(() -> resolve(source.hub("y", "alice"))).hasMessage("no route");
        // but what is gone, or was made private, is not served on
        source.failures.put("x", new AdapterException(AdapterException.Code.ADAPTER_NOT_FOUND, "gone"));
        Thread.sleep(1100); // the back-off after the failure above
        for (int i = 0; i < 2000 && !registry.resolve(source.hub("x", "")).isCompletedExceptionally(); i++) {
            Thread.sleep(2);
        }
        assertThatThrownBy(() -> resolve(source.hub("x", ""))).hasMessage("gone");
    }

    @Test
    void failuresAreAnsweredAtOnceAndNotAskedAgainEveryTime() {
        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> resolve(source.hub("nothing", ""))).hasMessage("there is no nothing");
        }
        assertThat(source.located).hasValue(1);
        assertThat(registry.list()).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(AdapterState.FAILED);
            assertThat(status.failure()).contains("there is no nothing");
        });
    }

    @Test
    void aNameWhoseContentChangesLeadsToOtherWeights() throws InterruptedException {
        Path place = folder.resolve("mine");
        copy(PIRATE, place);
        source.folders.put("mine", place);
        AdapterOrigin origin = source.local("mine");
        AdapterSlot before = resolve(origin);
        AdapterLease inUse = acquire(before);
        copy(CHEER, place);
        AdapterSlot after = resolve(origin);
        assertThat(after.identity()).isNotEqualTo(before.identity());
        assertThat(acquire(after).adapter()).isNotSameAs(inUse.adapter());
        copy(PIRATE, place);
        assertThat(resolve(origin)).isSameAs(before);
        inUse.close();
    }

    @Test
    void filesThatChangeBeforeTheyAreLoadedAreRefused() throws InterruptedException {
        Path place = folder.resolve("mine");
        copy(PIRATE, place);
        source.folders.put("mine", place);
        AdapterSlot slot = resolve(source.local("mine"));
        copy(CHEER, place);
        assertThatThrownBy(() -> acquire(slot)).hasMessageContaining("have changed since it was asked for");
        acquire(resolve(source.local("mine"))).close();
    }

    @Test
    void aPlaceThatIsGoneIsReplacedByTheNewest() throws Exception {
        copy(PIRATE, folder.resolve("a"));
        copy(PIRATE, folder.resolve("b"));
        source.folders.put("a", folder.resolve("a"));
        source.folders.put("b", folder.resolve("b"));
        resolve(source.local("a"));
        AdapterSlot slot = resolve(source.local("b"));
        Files.delete(folder.resolve("a/adapter_model.safetensors"));
        acquire(slot).close();
    }

    @Test
    void manyAskersShareOneDownload() throws Exception {
        source.folders.put("x", DemoFolders.folder(PIRATE));
        source.gate = new CountDownLatch(1);
        List<CompletableFuture<AdapterSlot>> all = java.util.stream.IntStream.range(0, 100)
                .mapToObj(i -> registry.resolve(source.hub("x", "")))
                .toList();
        assertThat(registry.list())
                .singleElement()
                .extracting(AdapterStatus::state)
                .isEqualTo(AdapterState.DOWNLOADING);
        source.gate.countDown();
        for (CompletableFuture<AdapterSlot> each : all) {
            assertThat(each.get(20, TimeUnit.SECONDS)).isSameAs(all.getFirst().get());
        }
        assertThat(source.fetched).hasValue(1);
    }

    @Test
    void unloadingForgetsTheName() throws InterruptedException {
        source.folders.put("x", DemoFolders.folder(PIRATE));
        AdapterSlot slot = resolve(source.hub("x", ""));
        acquire(slot).close();
        assertThat(registry.unload("hub", "x")).contains(true);
        assertThat(slot.tryAcquire()).isEmpty();
        resolve(source.hub("x", ""));
        assertThat(source.located).hasValue(2);
        assertThat(registry.unload("hub", "unheard-of")).contains(false);
        registry.load(source.hub("x", ""), true).join();
        assertThat(registry.unload("hub", "x")).as("pinned").isEmpty();
    }

    /** A library that is missing shows up as an error, not an exception; nobody may wait for ever. */
    @Test
    void errorsOfASourceAreAnswered() {
        AdapterOrigin origin = source.hub("x", "");
        source.errors.put("x", new NoClassDefFoundError("some/Client"));
        assertThatThrownBy(() -> resolve(origin))
                .isInstanceOf(AdapterException.class)
                .hasMessage("adapter x could not be looked up");
    }

    @Test
    void loadingFailsWithTheReason() {
        source.folders.put("x", DemoFolders.folder("stheno-8m"));
        assertThatThrownBy(() -> registry.load(source.hub("x", ""), false).join())
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(AdapterException.class)
                .hasMessageContaining("No valid adapter config file found");
    }
}
