package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sound files with random damage: they load, or are refused with a message; nothing else ever comes out. */
class DamageTest {

    private static final Path SAFETENSORS =
            DemoFolders.folder("stheno-8m-pirate-lora").resolve("adapter_model.safetensors");
    private static final Path ARCHIVE =
            DemoFolders.folder("stheno-8m-terse-lora-bin").resolve("adapter_model.bin");

    @TempDir
    Path folder;

    /** Flips bits, overwrites numbers with odd ones, inserts, removes and repeats parts, or cuts off the end. */
    private static byte[] damage(byte[] good, int from, int to, SplittableRandom random) {
        byte[] bad = good.clone();
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            int at = from + random.nextInt(to - from);
            int length = Math.min(1 + random.nextInt(16), bad.length - at);
            if (length <= 0) {
                continue;
            }
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 3 -> bad[at] = (byte) random.nextInt(256);
                case 4 -> {
                    long[] odd = {-1, 0, 1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, 0xFFFF};
                    byte[] number = ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(odd[random.nextInt(odd.length)])
                            .array();
                    System.arraycopy(number, 0, bad, at, Math.min(8, length));
                }
                case 5 -> bad = join(Arrays.copyOf(bad, at + length), Arrays.copyOfRange(bad, at, bad.length));
                case 6 -> bad = join(Arrays.copyOf(bad, at), Arrays.copyOfRange(bad, at + length, bad.length));
                default -> bad = random.nextInt(10) == 0 ? Arrays.copyOf(bad, at) : bad;
            }
        }
        return bad;
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    /** Returns whether the file was refused. */
    private boolean refused(String name, byte[] bytes) throws IOException {
        Files.write(folder.resolve(name), bytes);
        try (Checkpoint checkpoint = Checkpoint.openAdapter(folder)) {
            for (String tensor : checkpoint.names()) {
                assertThat(checkpoint.tensor(tensor).elements()).isNotNegative();
            }
            return false;
        } catch (WeightsException e) {
            assertThat(e.getMessage()).contains(folder.toString()).doesNotContain("Exception");
            return true;
        }
    }

    private void safetensors(int rounds, long seed) throws IOException {
        byte[] good = Files.readAllBytes(SAFETENSORS);
        int header =
                8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < rounds; i++) {
            refused += refused("adapter_model.safetensors", damage(good, 0, header, random)) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(rounds / 3);
        Files.delete(folder.resolve("adapter_model.safetensors"));
    }

    private void archives(int rounds, long seed) throws IOException {
        byte[] good = Files.readAllBytes(ARCHIVE);
        int directory = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(good.length - 6);
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < rounds; i++) {
            byte[] bad = random.nextInt(4) == 0
                    ? damage(good, 0, 6000, random)
                    : damage(good, directory, good.length, random);
            refused += refused("adapter_model.bin", bad) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(rounds / 3);
    }

    private void pickles(int rounds, long seed) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        String pickle = "";
        try (ZipFile zip = new ZipFile(ARCHIVE.toFile())) {
            for (var all = zip.entries(); all.hasMoreElements(); ) {
                var entry = all.nextElement();
                entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
                pickle = entry.getName().endsWith("/data.pkl") ? entry.getName() : pickle;
            }
        }
        byte[] good = entries.get(pickle);
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < rounds; i++) {
            try {
                Unpickler.read("some file", damage(good, 0, good.length, random));
            } catch (WeightsException e) {
                assertThat(e.getMessage()).contains("some file").doesNotContain("Exception");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(rounds / 3);
        for (int i = 0; i < rounds / 50; i++) {
            entries.put(pickle, damage(good, 0, good.length, random));
            refused("adapter_model.bin", Files.readAllBytes(Pickles.archive(folder, entries)));
        }
    }

    @Test
    void anyDamageIsSurvived() {
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            safetensors(500, 3);
            archives(200, 7);
            pickles(4000, 11);
        });
    }

    @Test
    @Tag("slow")
    void muchDamageIsSurvived() {
        assertTimeoutPreemptively(Duration.ofMinutes(10), () -> {
            for (long seed = 100; seed < 103; seed++) {
                safetensors(3000, seed);
                archives(2000, seed);
                pickles(50_000, seed);
                Files.delete(folder.resolve("adapter_model.bin"));
            }
        });
    }
}
