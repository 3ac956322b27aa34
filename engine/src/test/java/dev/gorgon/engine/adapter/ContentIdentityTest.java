package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentIdentityTest {

    private static final String CONFIG = "adapter_config.json";
    private static final String WEIGHTS = "adapter_model.safetensors";

    @TempDir
    Path root;

    private final FileHashes hashes = new FileHashes(InstantSource.system());

    private Path copy(String name) throws IOException {
        Path target = Files.createDirectory(root.resolve(name));
        try (Stream<Path> files = Files.list(DemoFolders.folder("stheno-8m-pirate-lora"))) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName().toString()));
            }
        }
        return target;
    }

    private String identity(Path folder) {
        return ContentIdentity.of(folder, "", hashes).identity();
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ 1);
        }
    }

    @Test
    void equalContentHasOneIdentityWhereverItLies() throws IOException {
        Path first = copy("first");
        Path second = copy("second");
        Files.writeString(second.resolve("README.md"), "not part of the adapter");
        Files.writeString(second.resolve("training_args.bin"), "nor is this");
        Files.setLastModifiedTime(second.resolve(WEIGHTS), FileTime.fromMillis(1));
        Path linked = Files.createDirectory(root.resolve("linked"));
        for (String name : new String[] {CONFIG, WEIGHTS}) {
            Files.createSymbolicLink(linked.resolve(name), first.resolve(name));
        }
        assertThat(identity(first)).matches("[0-9a-f]{64}");
        assertThat(identity(second)).isEqualTo(identity(first));
        assertThat(identity(linked)).isEqualTo(identity(first));
        assertThat(ContentIdentity.of(first, "").identity()).isEqualTo(identity(first));
    }

    @Test
    void everyByteNameAndRevisionCounts() throws IOException {
        Path folder = copy("adapter");
        String original = identity(folder);
        Set<String> seen = new HashSet<>(Set.of(original));
        assertThat(seen.add(ContentIdentity.of(folder, "main", hashes).identity()))
                .isTrue();
        assertThat(seen.add(ContentIdentity.of(folder, "mai", hashes).identity()))
                .isTrue();
        SplittableRandom random = new SplittableRandom(5);
        for (String name : new String[] {CONFIG, WEIGHTS}) {
            Path file = folder.resolve(name);
            for (int i = 0; i < 5; i++) {
                long at = i == 0 ? 0 : i == 1 ? Files.size(file) - 1 : random.nextLong(Files.size(file));
                flip(file, at);
                assertThat(seen.add(identity(folder)))
                        .as("byte %s of %s", at, name)
                        .isTrue();
                flip(file, at);
            }
        }
        assertThat(identity(folder)).isEqualTo(original);
        Files.write(folder.resolve(CONFIG), new byte[] {'\n'}, StandardOpenOption.APPEND);
        assertThat(seen.add(identity(folder))).as("a longer file").isTrue();
        Files.move(folder.resolve(WEIGHTS), folder.resolve("other.safetensors"));
        assertThat(seen.add(identity(folder))).as("another name").isTrue();
        Files.copy(folder.resolve("other.safetensors"), folder.resolve("more.safetensors"));
        assertThat(seen.add(identity(folder))).as("one more file").isTrue();
    }

    @Test
    void filesThatDoNotChangeAreReadOnce() throws IOException {
        Path folder = copy("adapter");
        long size = Files.size(folder.resolve(CONFIG)) + Files.size(folder.resolve(WEIGHTS));
        String first = identity(folder);
        assertThat(hashes.bytesRead()).isEqualTo(size);
        for (int i = 0; i < 3; i++) {
            assertThat(identity(folder)).isEqualTo(first);
            assertThat(ContentIdentity.of(folder, "v" + i, hashes).identity()).isNotEqualTo(first);
        }
        assertThat(hashes.bytesRead()).isEqualTo(size);
        flip(folder.resolve(CONFIG), 3);
        assertThat(identity(folder)).isNotEqualTo(first);
        assertThat(hashes.bytesRead())
                .as("only the changed file is read again")
                .isEqualTo(size + Files.size(folder.resolve(CONFIG)));
    }

    @Test
    void aChangeIsSeenEvenWithTheOldSizeAndTime() throws IOException {
        Path folder = copy("adapter");
        Path weights = folder.resolve(WEIGHTS);
        ContentIdentity before = ContentIdentity.of(folder, "", hashes);
        FileTime time = Files.getLastModifiedTime(weights);
        flip(weights, Files.size(weights) - 1);
        Files.setLastModifiedTime(weights, time);
        assertThat(FolderStamp.of(folder)).isNotEqualTo(before.stamp());
        ContentIdentity after = ContentIdentity.of(folder, "", hashes);
        assertThat(after.identity()).isNotEqualTo(before.identity());
        assertThat(FolderStamp.of(folder)).isEqualTo(after.stamp());
    }

    @Test
    void rapidChangesAreNeverMissed() throws IOException {
        Path folder = copy("adapter");
        Path config = folder.resolve(CONFIG);
        String even = identity(folder);
        for (int i = 1; i <= 20; i++) {
            // the clock of the file system may not tick between these
            flip(config, 2);
            assertThat(identity(folder).equals(even)).isEqualTo(i % 2 == 0);
        }
    }

    /** Takes the place of the clock to act in the middle of hashing. */
    private static final class Meddler implements InstantSource {
        private final AtomicInteger calls = new AtomicInteger();
        private final Path file;
        private final int times;

        Meddler(Path file, int times) {
            this.file = file;
            this.times = times;
        }

        @Override
        public Instant instant() {
            if (calls.getAndIncrement() < times) {
                try {
                    Path fresh = file.resolveSibling("fresh");
                    Files.write(fresh, ("{\"r\": " + calls + "}").getBytes(StandardCharsets.UTF_8));
                    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return Instant.now();
        }
    }

    @Test
    void aFileReplacedWhileHashingIsNoticed() throws IOException {
        Path folder = copy("adapter");
        Path config = folder.resolve(CONFIG);
        FileHashes once = new FileHashes(new Meddler(config, 1));
        ContentIdentity identity = ContentIdentity.of(folder, "", once);
        assertThat(identity.identity()).isEqualTo(identity(folder));
        assertThat(identity.stamp()).isEqualTo(FolderStamp.of(folder));
        FileHashes always = new FileHashes(new Meddler(config, Integer.MAX_VALUE));
        assertThatThrownBy(() -> ContentIdentity.of(folder, "", always))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining("do not stop changing")
                .extracting(e -> ((AdapterException) e).code())
                .isEqualTo(AdapterException.Code.ADAPTER_UNAVAILABLE);
    }

    @Test
    void theMemoryOfHashesIsBounded() throws IOException {
        FileHashes small = new FileHashes(InstantSource.system(), 3);
        Path first = copy("first");
        Path second = copy("second");
        ContentIdentity.of(first, "", small);
        long once = small.bytesRead();
        ContentIdentity.of(second, "", small);
        ContentIdentity.of(second, "", small);
        assertThat(small.bytesRead()).isEqualTo(2 * once);
        ContentIdentity.of(first, "", small);
        assertThat(small.bytesRead())
                .as("the least recently used are forgotten")
                .isGreaterThan(2 * once);
    }

    @Test
    void theFormatOfIdentitiesIsFixed() throws Exception {
        Path folder = Files.createDirectory(root.resolve("tiny"));
        Files.writeString(folder.resolve(CONFIG), "{}");
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        sha256.update(
                "gorgon adapter 1\n\0\0\0\0\0\0\0\u0002r1\0\0\0\0\0\0\0\u0013adapter_config.json\0\0\0\0\0\0\0\u0002"
                        .getBytes(StandardCharsets.UTF_8));
        sha256.update(MessageDigest.getInstance("SHA-256").digest("{}".getBytes(StandardCharsets.UTF_8)));
        assertThat(ContentIdentity.of(folder, "r1", hashes).identity())
                .isEqualTo(HexFormat.of().formatHex(sha256.digest()));
    }

    @Test
    void foldersWithoutAnAdapterAreRefused() throws IOException {
        Path missing = root.resolve("missing");
        Path loop = Files.createDirectory(root.resolve("loop"));
        Files.createSymbolicLink(loop.resolve(CONFIG), loop.resolve(CONFIG));
        for (Path folder : new Path[] {missing, loop, root}) {
            assertThatThrownBy(() -> ContentIdentity.of(folder, "", hashes))
                    .isInstanceOf(AdapterException.class)
                    .hasMessage("No valid adapter config file found: tried " + folder.resolve(CONFIG) + " and "
                            + folder.resolve("config.json"));
        }
    }

    @Test
    void hugeFilesAreRefusedBeforeTheyAreRead() throws IOException {
        Path folder = copy("adapter");
        try (RandomAccessFile sparse =
                new RandomAccessFile(folder.resolve("huge.safetensors").toFile(), "rw")) {
            sparse.setLength(65L << 30);
        }
        assertThatThrownBy(() -> ContentIdentity.of(folder, "", hashes))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining("are the most that are read")
                .extracting(e -> ((AdapterException) e).code())
                .isEqualTo(AdapterException.Code.ADAPTER_TOO_LARGE);
        assertThat(hashes.bytesRead()).isZero();
    }
}
