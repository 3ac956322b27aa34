package dev.gorgon.engine.weights;

import static dev.gorgon.engine.weights.Pickles.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zip archives that lie about what is in them, or hold more than they should. */
class HostileArchiveTest {

    private static final String PICKLE = "archive/data.pkl";
    private static final String STORAGE = "archive/data/0";
    /** Places in the record at the end of an archive. */
    private static final int END = -22;

    @TempDir
    Path folder;

    private final byte[] tensor = tensor("K\u0000", "K\u0004\u0085", "K\u0001\u0085");
    private byte[] good = {};

    @BeforeEach
    void write() throws IOException {
        good = Files.readAllBytes(Pickles.archive(folder, tensor));
        Checkpoint.openAdapter(folder).close();
    }

    private String refusal(byte[] bytes) throws IOException {
        Files.write(folder.resolve("adapter_model.bin"), bytes);
        return Refusals.ofAdapter(folder, 4);
    }

    private String refusal(Map<String, byte[]> entries) throws IOException {
        Pickles.archive(folder, entries);
        return Refusals.ofAdapter(folder, 24);
    }

    private static Map<String, byte[]> entries(Object... namesAndBytes) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 0; i < namesAndBytes.length; i += 2) {
            entries.put((String) namesAndBytes[i], (byte[]) namesAndBytes[i + 1]);
        }
        return entries;
    }

    private ByteBuffer changed() {
        return ByteBuffer.wrap(good.clone()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Offset of the directory's record of an entry. */
    private static int record(ByteBuffer zip, int index) {
        int at = zip.getInt(zip.limit() + END + 16);
        for (int i = 0; i < index; i++) {
            at += 46 + zip.getShort(at + 28) + zip.getShort(at + 30) + zip.getShort(at + 32);
        }
        return at;
    }

    @Test
    void partsThatAreMissingOrDoubled() throws IOException {
        assertThat(refusal(entries("archive/other", tensor))).contains("holds no data.pkl");
        assertThat(refusal(entries(PICKLE, tensor))).contains("lacks the storage 0");
        assertThat(refusal(entries(PICKLE, tensor, "other/data.pkl", tensor))).contains("more than one data.pkl");
        assertThat(refusal(entries(PICKLE, tensor, STORAGE, new byte[15]))).contains("its storage cannot hold");
        assertThat(refusal(entries(
                        PICKLE,
                        tensor,
                        STORAGE,
                        new byte[16],
                        "archive/byteorder",
                        "big".getBytes(StandardCharsets.US_ASCII))))
                .contains("has byte order big");
        byte[] twice = new String(
                        Files.readAllBytes(Pickles.archive(
                                folder,
                                entries(PICKLE, tensor, "archive/data/0", new byte[16], "archive/data/1", tensor))),
                        StandardCharsets.ISO_8859_1)
                .replace("archive/data/1", "archive/data/0")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(refusal(twice)).contains("two entries named archive/data/0");
    }

    /** Names are looked up, never used as paths. */
    @Test
    void namesThatLeadElsewhere() throws IOException {
        Pickles.archive(
                folder,
                entries("../../escape/data.pkl", tensor, "../../escape/data/0", new byte[16], "/abs", new byte[1]));
        Checkpoint.openAdapter(folder).close();
        assertThat(folder.resolve("../../escape")).doesNotExist();
        byte[] traversal = new String(tensor, StandardCharsets.ISO_8859_1)
                .replace("\u008c\u00010", "\u008c\u000b../../../sh")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(refusal(entries(PICKLE, traversal, STORAGE, new byte[16])))
                .contains("lacks the storage ../../../sh");
    }

    @Test
    void bombs() throws IOException {
        assertThat(refusal(entries(PICKLE, tensor, STORAGE, new byte[16 << 20])))
                .contains("far more than its size");
        assertThat(Files.size(folder.resolve("adapter_model.bin"))).isLessThan(1 << 17);
        // a pickle of 40 megabytes in a fraction of one
        Path file = folder.resolve("adapter_model.bin");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(PICKLE));
            byte[] chunk = new byte[1 << 20];
            for (int i = 0; i < 40; i++) {
                zip.write(chunk);
            }
        }
        assertThat(Files.size(file)).isLessThan(1 << 20);
        assertThat(Refusals.ofAdapter(folder, 70)).contains("is larger than 16777216 bytes");
    }

    @Test
    void entriesThatShareTheirBytes() throws IOException {
        // many tensors, each with its own storage; every record then points to the same compressed zeros
        int count = 16;
        StringBuilder pickle = new StringBuilder("\u0080\u0002}");
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put(PICKLE, new byte[0]);
        for (int i = 10; i < 10 + count; i++) {
            entries.put("archive/data/" + i, new byte[1 << 20]);
            String recipe = new String(tensor, StandardCharsets.ISO_8859_1);
            pickle.append(recipe.substring(3, recipe.length() - 1)
                    .replace("\u008c\u0001w", "\u008c\u0003w" + i)
                    .replace("\u008c\u00010", "\u008c\u0002" + i));
        }
        entries.put(PICKLE, pickle.append('.').toString().getBytes(StandardCharsets.ISO_8859_1));
        byte[] bytes = Files.readAllBytes(Pickles.archive(folder, entries));
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int shared = zip.getInt(record(zip, 1) + 42);
        for (int i = 1; i <= count; i++) {
            zip.putInt(record(zip, i) + 42, shared);
        }
        assertThat(refusal(bytes)).contains("far more than its size");
    }

    @Test
    void directoriesThatLie() throws IOException {
        ByteBuffer count = changed();
        count.putShort(good.length + END + 10, (short) 77).putShort(good.length + END + 8, (short) 77);
        assertThat(refusal(count.array())).contains("cannot read");
        ByteBuffer size = changed();
        size.putInt(good.length + END + 12, Integer.MAX_VALUE);
        assertThat(refusal(size.array())).contains("has a directory of 2 entries and 2147483647 bytes");
        ByteBuffer place = changed();
        place.putInt(good.length + END + 16, Integer.MAX_VALUE);
        assertThat(refusal(place.array())).contains("cannot read");
        ByteBuffer comment = changed();
        comment.putShort(good.length + END + 20, (short) 1);
        assertThat(refusal(comment.array())).contains("truncated or damaged");
        ByteBuffer long64 = changed();
        long64.putInt(good.length + END + 12, -1).putInt(good.length + END + 16, -1);
        assertThat(refusal(long64.array())).contains("has a directory of");
        for (long expanded : new long[] {17, 1 << 30, 0xFFFF_FFFEL}) {
            ByteBuffer storage = changed();
            storage.putInt(record(storage, 1) + 24, (int) expanded);
            assertThat(refusal(storage.array())).contains(expanded == 17 ? "is truncated" : "far more than its size");
        }
        ByteBuffer encrypted = changed();
        encrypted.putShort(record(encrypted, 1) + 8, (short) 1);
        assertThat(refusal(encrypted.array())).contains("encrypted entry");
        ByteBuffer method = changed();
        method.putShort(record(method, 1) + 10, (short) 12);
        assertThat(refusal(method.array())).contains("cannot read");
        ByteBuffer header = changed();
        header.putInt(record(header, 1) + 42, 3);
        assertThat(refusal(header.array())).contains("cannot read");
    }

    /** A zip64 end with numbers of our choice in front of the plain one. */
    private byte[] zip64(long entries, long bytes, long endAt) {
        ByteBuffer zip = ByteBuffer.allocate(good.length + 76).order(ByteOrder.LITTLE_ENDIAN);
        zip.put(good, 0, good.length + END);
        int end64At = zip.position();
        zip.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 45)
                .putShort((short) 45)
                .putInt(0)
                .putInt(0);
        zip.putLong(entries).putLong(entries).putLong(bytes);
        zip.putLong(changed().getInt(good.length + END + 16));
        zip.putInt(0x07064b50).putInt(0).putLong(endAt < 0 ? end64At : endAt).putInt(1);
        zip.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
        return zip.array();
    }

    @Test
    void largeArchives() throws IOException {
        long bytes = changed().getInt(good.length + END + 12);
        Files.write(folder.resolve("adapter_model.bin"), zip64(2, bytes, -1));
        Checkpoint.openAdapter(folder).close();
        assertThat(refusal(zip64(2, 1L << 40, -1))).contains("has a directory of 2 entries and 1099511627776 bytes");
        assertThat(refusal(zip64(1L << 40, bytes, -1))).contains("has a directory of 1099511627776 entries");
        assertThat(refusal(zip64(-1, -1, -1))).contains("has a directory of 18446744073709551615 entries");
        assertThat(refusal(zip64(2, bytes, 1L << 50))).contains("its directory lies outside the file");
        assertThat(refusal(zip64(2, bytes, 1))).contains("its directory lies outside the file");
    }

    @Test
    void filesThatAreNoArchives() throws IOException {
        assertThat(refusal(new byte[0]))
                .contains("is not a PyTorch zip archive")
                .contains("convert it to safetensors");
        assertThat(refusal(Pickles.pickle(0x80, 2, "}."))).contains("is not a PyTorch zip archive");
        assertThat(refusal(new byte[4096])).contains("is not a PyTorch zip archive");
        Path file = folder.resolve("adapter_model.bin");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertThat(Refusals.ofAdapter(folder, 4)).contains("is not a PyTorch zip archive");
        Files.delete(file);
        Files.write(file, good);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertThat(Refusals.ofAdapter(folder, 4)).contains("truncated or damaged");
    }

    @Test
    void truncatedAtEveryByte() throws IOException {
        for (int length = 0; length < good.length; length++) {
            assertThat(refusal(Arrays.copyOf(good, length))).isNotEmpty();
        }
    }

    @Test
    void directoriesOfTooManyEntries() throws IOException {
        Path file = folder.resolve("adapter_model.bin");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (int i = 0; i <= 100_000; i++) {
                zip.putNextEntry(new ZipEntry(Integer.toString(i, 36)));
            }
        }
        assertThat(Refusals.ofAdapter(folder, 4)).contains("has a directory of 100001 entries");
    }
}
