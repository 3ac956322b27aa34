package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Against a real S3 server in this process. */
class S3SourceTest {
    private static S3Server server;
    private static CuttingProxy proxy;

    @TempDir
    Path cache;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server();
        proxy = new CuttingProxy(server.port());
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
        server.close();
    }

    private S3Source source() {
        return source(server.settings(), S3Server.KEYS);
    }

    private S3Source source(S3Settings settings, AwsCredentialsProvider keys) {
        return new S3Source(settings, cache, () -> new S3Store(settings, keys, 1000));
    }

    private static Located locate(S3Source source, String id) {
        return source.locate(FileRef.of(AdapterSource.S3, id), Credential.NONE);
    }

    private static Path fetch(S3Source source, Located located) {
        return source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
    }

    private static void adapter(String key, byte[] weights) {
        server.put(key + "/adapter_config.json", "{\"r\": 8}");
        server.put(key + "/adapter_model.safetensors", weights);
        server.put(key + "/training_args.bin", "a pickle");
        server.put(key + "/README.md", "read me");
        server.put(key + "/checkpoint-10/adapter_model.safetensors", "older");
    }

    private static byte[] random(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertFails(Code code, String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HubException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(text);
    }

    @Test
    void bringsTheFilesOfAnAdapterAndNothingElse() throws IOException {
        byte[] weights = random(100_000, 1);
        adapter("plain/lora", weights);
        List<String> heard = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public synchronized void begin(String file, long bytes, long present) {
                heard.add("begin " + file + " " + bytes + " " + present);
            }

            @Override
            public synchronized void end(String file) {
                heard.add("end " + file);
            }
        };
        Located located = locate(source(), "s3://models/plain/lora");
        assertThat(located.restricted()).isFalse();
        Path folder = source().fetch(located, Contents.ADAPTER, Credential.NONE, progress);
        assertThat(cache.relativize(folder)).hasToString("models--models--plain--lora/snapshots/" + located.version());
        assertThat(names(folder)).containsExactly("adapter_config.json", "adapter_model.safetensors");
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(weights);
        assertThat(heard)
                .containsExactlyInAnyOrder(
                        "begin adapter_config.json 8 0",
                        "end adapter_config.json",
                        "begin adapter_model.safetensors 100000 0",
                        "end adapter_model.safetensors");
        assertThat(names(folder.getParent().resolveSibling("incomplete"))).isEmpty();
    }

    @Test
    void pickledWeightsComeOnlyWithoutSafetensors() throws IOException {
        server.put("pickled/config.json", "{}");
        server.put("pickled/medusa_lm_head.pt", "weights");
        assertThat(names(fetch(source(), locate(source(), "models/pickled"))))
                .containsExactly("config.json", "medusa_lm_head.pt");
        server.put("pickled/adapter_model.bin", "weights");
        assertThat(names(fetch(source(), locate(source(), "models/pickled"))))
                .containsExactly("adapter_model.bin", "config.json");
    }

    @Test
    void aModelHasTokenizerAndAllShards() throws IOException {
        for (String name :
                List.of("config.json", "tokenizer.json", "model-1.safetensors", "model-2.safetensors", "a.bin")) {
            server.put("base/" + name, name);
        }
        S3Source source = source();
        Located located = locate(source, "models/base");
        Path model = source.fetch(located, Contents.MODEL, Credential.NONE, Progress.NONE);
        assertThat(names(model))
                .containsExactly("config.json", "model-1.safetensors", "model-2.safetensors", "tokenizer.json");
        assertThat(fetch(source, located)).isNotEqualTo(model);
    }

    @Test
    void readsLongListingsPageByPage() {
        server.put("paged/config.json", "{}");
        for (int i = 0; i < 25; i++) {
            server.put("paged/part-%02d.safetensors".formatted(i), "part " + i);
        }
        S3Source small = new S3Source(server.settings(), cache, () -> new S3Store(server.settings(), S3Server.KEYS, 7));
        assertThat(locate(small, "models/paged").version())
                .isEqualTo(locate(source(), "models/paged").version());
        assertThat(new S3Store(server.settings(), S3Server.KEYS, 7).list(new S3Address("models", "paged")))
                .hasSize(26);
    }

    @Test
    void refusesEndlessListings() {
        server.put("endless/config.json", "{}");
        server.falsifyListings(page -> page.toBuilder()
                .isTruncated(true)
                .nextContinuationToken("again")
                .build());
        try {
            assertFails(Code.INVALID_NAME, "more than 10000 files", () -> locate(source(), "models/endless"));
        } finally {
            server.falsifyListings(page -> page);
        }
    }

    @Test
    void aVersionNamesTheContent() throws IOException {
        adapter("changing", random(1000, 2));
        S3Source source = source();
        Located first = locate(source, "models/changing");
        Path folder = fetch(source, first);
        server.put("changing/README.md", "other words");
        assertThat(locate(source, "models/changing")).isEqualTo(first);

        byte[] newWeights = random(1000, 3);
        server.put("changing/adapter_model.safetensors", newWeights);
        Located second = locate(source, "models/changing");
        assertThat(second.version()).isNotEqualTo(first.version());
        Path newFolder = fetch(source, second);
        assertThat(Files.readAllBytes(newFolder.resolve("adapter_model.safetensors")))
                .isEqualTo(newWeights);
        assertThat(fetch(source, first)).isEqualTo(folder);
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(random(1000, 2));
    }

    @Test
    void contentThatChangesBeforeItIsFetchedIsNotTakenForTheOld() {
        adapter("moving", random(1000, 4));
        S3Source source = source();
        Located located = locate(source, "models/moving");
        server.put("moving/adapter_model.safetensors", random(1000, 5));
        assertFails(Code.DAMAGED, "was changed while it was being fetched", () -> fetch(source, located));
    }

    @Test
    void samePathsOfDifferentAddressesStayApart() throws IOException {
        adapter("twin--one", random(100, 6));
        adapter("twin/one", random(100, 7));
        S3Source source = source();
        Path dashes = fetch(source, locate(source, "models/twin--one"));
        Path slash = fetch(source, locate(source, "models/twin/one"));
        assertThat(dashes.getParent()).isEqualTo(slash.getParent());
        assertThat(Files.readAllBytes(dashes.resolve("adapter_model.safetensors")))
                .isEqualTo(random(100, 6));
        assertThat(Files.readAllBytes(slash.resolve("adapter_model.safetensors")))
                .isEqualTo(random(100, 7));
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
    void hostileKeysFromTheServerNeverBecomePaths() {
        adapter("hostile", random(100, 13));
        try {
            for (String name : List.of("a\\..\\b.safetensors", "..safetensors", "we ird.safetensors")) {
                falsify("hostile/" + name);
                assertFails(Code.INVALID_NAME, "rename it", () -> locate(source(), "models/hostile"));
            }
            falsify("../../etc/x.safetensors");
            assertFails(Code.DAMAGED, "cannot be trusted", () -> locate(source(), "models/hostile"));
        } finally {
            server.falsifyListings(page -> page);
        }
    }

    private static void falsify(String key) {
        server.falsifyListings(page -> page.toBuilder()
                .contents(Stream.concat(
                                page.contents().stream(),
                                Stream.of(S3Object.builder()
                                        .key(key)
                                        .size(1L)
                                        .eTag("\"0\"")
                                        .build()))
                        .toList())
                .build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3://models",
                "s3://models/",
                "models",
                "models//x",
                "models/../x",
                "models/a/../b",
                "models/a/./b",
                "models/a b",
                "models/a\u0000b",
                "models/a\nb",
                "models/a\\b",
                "models/ä",
                "../models/x",
                "s3:///x",
                "mo dels/x"
            })
    void oddNamesAreRefused(String id) {
        assertFails(Code.INVALID_NAME, "Invalid model_id ", () -> locate(source(), id));
    }

    @Test
    void theTextsAreLorax() {
        assertThatThrownBy(() -> locate(source(), "s3://models"))
                .hasMessage("Invalid model_id s3://models. model_id should be of the form `s3://bucket_name/model_id`");
        assertThatThrownBy(() -> locate(source(), "models"))
                .hasMessage(
                        "Invalid model_id models. model_id should be of the form `bucket_name/model_id` if PREDIBASE_MODEL_BUCKET environment variable is not set");
        server.put("several-1/config.json", "{}");
        server.put("several-2/config.json", "{}");
        assertFails(
                Code.INVALID_NAME,
                "Multiple models found for model_id s3://models/several",
                () -> locate(source(), "models/several"));
        server.put("headless/config.json", "{}");
        assertFails(
                Code.NOT_FOUND,
                "No .safetensors weights found for model s3://models/headless",
                () -> fetch(source(), locate(source(), "models/headless")));
        server.put("unconfigured/a.safetensors", "weights");
        assertFails(
                Code.NOT_FOUND,
                "No valid adapter config file found: tried s3://models/unconfigured/adapter_config.json and s3://models/unconfigured/config.json",
                () -> fetch(source(), locate(source(), "models/unconfigured")));
    }

    @Test
    void aModelBucketMakesNamesShort() {
        adapter("team/short", random(10, 14));
        S3Settings plain = server.settings();
        S3Settings inBucket = new S3Settings(
                plain.endpoint(), "us-east-1", Optional.of("models"), "team", Set.of(), S3Server.PATIENCE);
        assertThat(locate(source(inBucket, S3Server.KEYS), "short").version())
                .isEqualTo(locate(source(), "models/team/short").version());
    }

    @Test
    void bucketsCanBeNarrowedAndHaveNoRevisions() {
        S3Settings plain = server.settings();
        S3Settings narrow =
                new S3Settings(plain.endpoint(), "us-east-1", Optional.empty(), "", Set.of("other"), S3Server.PATIENCE);
        assertFails(
                Code.ACCESS_DENIED,
                "GORGON_S3_BUCKETS",
                () -> locate(source(narrow, S3Server.KEYS), "models/plain/lora"));
        assertFails(
                Code.INVALID_NAME,
                "no revisions",
                () -> source().locate(new FileRef(AdapterSource.S3, "models/x", Optional.of("main")), Credential.NONE));
    }

    @Test
    void whatIsMissingIsNotFound() {
        assertFails(Code.NOT_FOUND, "no bucket 'nowhere'", () -> locate(source(), "nowhere/x"));
        assertFails(Code.NOT_FOUND, "nothing at s3://models/nothing", () -> locate(source(), "models/nothing"));
    }

    @Test
    void wrongKeysAreTheOperatorsBusiness() {
        assertFails(
                Code.ACCESS_DENIED,
                "does not accept the server's AWS credentials",
                () -> locate(source(server.settings(), S3Server.keys("gorgon", "wrong")), "models/x"));
        assertFails(
                Code.ACCESS_DENIED,
                "does not accept the server's AWS credentials",
                () -> locate(source(server.settings(), S3Server.keys("nobody", "wrong")), "models/x"));
    }

    @Test
    void publicBucketsNeedNoKeys() throws Exception {
        AwsCredentialsProvider none = () -> {
            throw SdkClientException.create("no credentials in this test");
        };
        assertFails(
                Code.ACCESS_DENIED,
                "has no AWS credentials",
                () -> locate(source(server.settings(), none), "models/x"));
        try (S3Server open = new S3Server()) {
            open.put("free/config.json", "{}");
            open.put("free/a.safetensors", "weights");
            open.makePublic("free/config.json", "free/a.safetensors");
            S3Source source = source(open.settings(), none);
            assertThat(names(fetch(source, locate(source, "models/free"))))
                    .containsExactly("a.safetensors", "config.json");
        }
    }

    @Test
    void aServerThatIsNotThereIsUnreachable() throws IOException {
        int port;
        try (var socket = new java.net.ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertFails(
                Code.UNREACHABLE,
                "S3_ENDPOINT_URL",
                () -> locate(source(S3Server.settings(port), S3Server.KEYS), "models/x"));
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
            List<Future<Path>> all = threads.invokeAll(java.util.Collections.nCopies(20, call));
            for (Future<Path> one : all) {
                assertThat(Arrays.equals(Files.readAllBytes(one.get().resolve("adapter_model.safetensors")), weights))
                        .isTrue();
            }
        }
        assertThat(proxy.passed() - before).isLessThan(1_600_000);
    }
}
