package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Downloads that break off, or bring something else than announced. */
class S3DownloadTest extends OnS3Server {
    @Test
    void contentThatChangesBeforeItIsFetchedIsNotTakenForTheOld() {
        adapter("moving", random(1000, 4));
        S3Source source = source();
        Located located = locate(source, "models/moving");
        server.put("moving/adapter_model.safetensors", random(1000, 5));
        assertFails(Code.DAMAGED, "was changed while it was being fetched", () -> fetch(source, located));
    }

    @Test
    void goesOnAfterACut() throws IOException {
        byte[] weights = random(3_000_000, 8);
        adapter("cut", weights);
        S3Source source = source(S3Server.settings(proxy.port()), S3Server.KEYS);
        Located located = locate(source, "models/cut");
        proxy.cut(1_000_000, 2);
        long before = proxy.passed();
        Path folder = fetch(source, located);
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(weights);
        assertThat(proxy.cutsLeft()).isZero();
        assertThat(proxy.passed() - before).isLessThan(3_100_000); // nothing was sent twice
    }

    @Test
    void aLaterProcessGoesOnWhereAnEarlierOneStopped() throws IOException {
        byte[] weights = random(2_000_000, 9);
        adapter("resumed", weights);
        S3Source source = source(S3Server.settings(proxy.port()), S3Server.KEYS);
        Located located = locate(source, "models/resumed");
        proxy.cut(600_000, 3);
        assertFails(Code.UNREACHABLE, "what is there is kept, so try again later", () -> fetch(source, located));
        assertThat(cache.resolve("models--models--resumed/snapshots/" + located.version()))
                .doesNotExist();
        proxy.cut(0, 0);
        long before = proxy.passed();
        Path folder = fetch(source(S3Server.settings(proxy.port()), S3Server.KEYS), located);
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(weights);
        assertThat(proxy.passed() - before).isLessThan(500_000);
    }

    @Test
    void aPartThatACrashSpoiltIsFetchedAnew() throws IOException {
        byte[] weights = random(500_000, 10);
        adapter("spoilt", weights);
        S3Source source = source();
        Located located = locate(source, "models/spoilt");
        Path growing = cache.resolve("models--models--spoilt/incomplete/" + located.version());
        Files.createDirectories(growing);
        Files.write(growing.resolve("adapter_model.safetensors.incomplete"), new byte[300_000]);
        Files.write(growing.resolve("adapter_config.json.incomplete"), new byte[3000]); // longer than the file
        Path folder = fetch(source, located);
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(weights);
        assertThat(folder.resolve("adapter_config.json")).hasContent("{\"r\": 8}");
    }

    @Test
    void otherContentThanAnnouncedIsRefused() {
        adapter("flipped", random(5000, 11));
        S3Source source = source();
        Located located = locate(source, "models/flipped");
        server.falsifyContents(content -> {
            content[0] ^= 1;
            return content;
        });
        try {
            assertFails(Code.DAMAGED, "another checksum", () -> fetch(source, located));
        } finally {
            server.falsifyContents(content -> content);
        }
        assertThat(cache.resolve("models--models--flipped/snapshots/" + located.version()))
                .doesNotExist();
    }

    @Test
    void anotherSizeThanAnnouncedIsRefused() {
        adapter("longer", random(5000, 12));
        server.falsifyListings(page -> changeObjects(
                page, object -> object.toBuilder().size(object.size() + 1).build()));
        try {
            S3Source source = source();
            Located located = locate(source, "models/longer");
            assertFails(Code.DAMAGED, "was changed", () -> fetch(source, located));
        } finally {
            server.falsifyListings(page -> page);
        }
    }

    private static ListObjectsV2Response changeObjects(
            ListObjectsV2Response page, java.util.function.UnaryOperator<S3Object> change) {
        return page.toBuilder()
                .contents(page.contents().stream().map(change).toList())
                .build();
    }

    @Test
    void manyCallersShareOneDownload() throws Exception {
        byte[] weights = random(1_500_000, 15);
        adapter("shared", weights);
        S3Source source = source(S3Server.settings(proxy.port()), S3Server.KEYS);
        Located located = locate(source, "models/shared");
        long before = proxy.passed();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Path> call = () -> fetch(source, located);
            List<Future<Path>> all = threads.invokeAll(Collections.nCopies(20, call));
            for (Future<Path> one : all) {
                assertThat(Arrays.equals(Files.readAllBytes(one.get().resolve("adapter_model.safetensors")), weights))
                        .isTrue();
            }
        }
        assertThat(proxy.passed() - before).isLessThan(1_600_000);
    }

    @Test
    void severalSourcesOnOneCacheWaitForEachOther() throws Exception {
        byte[] weights = random(1_500_000, 16);
        adapter("locked", weights);
        Located located = locate(source(S3Server.settings(proxy.port()), S3Server.KEYS), "models/locked");
        long before = proxy.passed();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Sources of their own know as little of each other as processes do: only the lock file stands between
            // them.
            Callable<Path> call = () -> fetch(source(S3Server.settings(proxy.port()), S3Server.KEYS), located);
            for (Future<Path> one : threads.invokeAll(Collections.nCopies(5, call))) {
                assertThat(Arrays.equals(Files.readAllBytes(one.get().resolve("adapter_model.safetensors")), weights))
                        .isTrue();
            }
        }
        assertThat(proxy.passed() - before).isLessThan(1_600_000);
    }

    @Test
    void anUnwritableCacheIsTheOperatorsBusiness() throws IOException {
        adapter("unwritable", random(10, 17));
        Files.writeString(cache.resolve("models--models--unwritable"), "a file where a folder should be");
        S3Source source = source();
        Located located = locate(source, "models/unwritable");
        assertFails(Code.STORAGE, "cannot be stored on the server", () -> fetch(source, located));
    }

    /** Objects uploaded in parts have tags that tell nothing about the content; this server has no checksums beside them. */
    @Test
    void withoutAChecksumNothingOfAnEarlierProcessIsTrusted() throws IOException {
        byte[] weights = random(6_000_000, 18);
        server.put("parts/config.json", "{}");
        server.putInParts("parts/a.safetensors", weights, 5 << 20);
        S3Address place = new S3Address("models", "parts");
        S3Store store = new S3Store(server.settings(), S3Server.KEYS, 1000);
        StoredObject object = store.list(place).getFirst();
        assertThat(object.etag()).endsWith("-2\"");
        assertThat(store.fingerprint(place, object)).isEmpty();

        S3Source source = source(S3Server.settings(proxy.port()), S3Server.KEYS);
        Located located = locate(source, "models/parts");
        Path growing = cache.resolve("models--models--parts/incomplete/" + located.version());
        Files.createDirectories(growing);
        Files.write(growing.resolve("a.safetensors.incomplete"), new byte[1000]);
        proxy.cut(1_000_000, 2);
        long before = proxy.passed();
        Path folder = fetch(source, located);
        assertThat(Arrays.equals(Files.readAllBytes(folder.resolve("a.safetensors")), weights))
                .isTrue();
        assertThat(proxy.passed() - before).isBetween(6_000_000L, 6_100_000L);
    }
}
