package dev.gorgon.engine.backend.cpu;

import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packed matrices of one base model in a file, mapped when the model is loaded again. A file belongs to an identity — the
 * files that were packed, the format, the layout's version — and is found by its hash.
 *
 * <pre>
 *  8 bytes   "GORGPACK"
 *  8 bytes   length of the description, little-endian
 *  ...       description, UTF-8: a line with the identity, then one per matrix: name, format, outputs, inputs,
 *            offset, bytes, CRC-32C, tab by tab
 *  ...       matrices, each at a multiple of 4096
 * </pre>
 *
 * Every matrix is checked against its checksum before it is used. A file that is not what it should be is said so in the log,
 * and the weights are packed from their source.
 */
final class PackCache implements AutoCloseable {

    /** Raised with every change of the packed layout. */
    private static final int LAYOUT = 1;

    private static final Logger LOG = LoggerFactory.getLogger(PackCache.class);
    private static final long MAGIC = 0x4B43_4150_4752_4F47L;
    private static final int PAGE = 4096;
    private static final int CHUNK = 64 << 20;
    private static final int MAX_DESCRIPTION = 64 << 20;

    private final Path file;
    private final String identity;
    private final Arena arena = Arena.ofShared();
    private final Map<String, PackedMatrix> kept = new HashMap<>();
    private final Map<String, PackedMatrix> packed = new ConcurrentSkipListMap<>();

    private PackCache(Path file, String identity) {
        this.file = file;
        this.identity = identity;
    }

    /** Opens the cache of an identity; it is empty when there is no usable file. */
    static PackCache open(Path folder, String identity, int threads) {
        // the identity is one line of the description
        String full = "layout " + LAYOUT + ", " + identity.replaceAll("[\\r\\n]", " ");
        PackCache cache = new PackCache(folder.resolve(hash(full).substring(0, 32) + ".pack"), full);
        if (Files.isRegularFile(cache.file)) {
            long start = System.nanoTime();
            try {
                cache.read(threads);
                LOG.info("mapped packed weights from {} in {} ms", cache.file, (System.nanoTime() - start) / 1_000_000);
            } catch (IOException | RuntimeException e) {
                cache.kept.clear();
                LOG.warn("{} is not usable ({}); the weights are packed again", cache.file, e.getMessage());
            }
        }
        return cache;
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The matrix of this name, if it was kept with this shape. */
    Optional<PackedMatrix> find(String name, WeightFormat format, int outFeatures, int inFeatures) {
        @Nullable PackedMatrix matrix = kept.get(name);
        return matrix != null
                        && matrix.format() == format
                        && matrix.outFeatures() == outFeatures
                        && matrix.inFeatures() == inFeatures
                ? Optional.of(matrix)
                : Optional.empty();
    }

    /** Remembers a matrix for {@link #save}; thread-safe. */
    void put(String name, PackedMatrix matrix) {
        packed.put(name, matrix);
    }

    private void read(int threads) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            ByteBuffer head = all.asSlice(0, Math.min(16, all.byteSize())).asByteBuffer();
            long length = all.byteSize() < 16 || Long.reverseBytes(head.getLong(0)) != MAGIC
                    ? -1
                    : Long.reverseBytes(head.getLong(8));
            if (length < 0 || length > Math.min(MAX_DESCRIPTION, all.byteSize() - 16)) {
                throw new IOException("it does not begin like a file of packed weights");
            }
            String[] lines = new String(all.asSlice(16, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8)
                    .split("\n");
            if (!lines[0].equals(identity)) {
                throw new IOException("it belongs to other weights");
            }
            List<Entry> entries = new ArrayList<>();
            for (int i = 1; i < lines.length; i++) {
                entries.add(Entry.parse(lines[i], all));
            }
            Stream<Entry> checked = threads > 1 ? entries.parallelStream() : entries.stream();
            Optional<Entry> changed = checked.filter(entry -> !entry.isIntact()).findAny();
            if (changed.isPresent()) {
                throw new IOException("the bytes of " + changed.get().name + " have changed");
            }
            entries.forEach(entry -> kept.put(entry.name, entry.matrix));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("its description is damaged: " + e.getMessage(), e);
        }
    }

    /** A matrix that was read, before its bytes are checked. */
    private record Entry(String name, PackedMatrix matrix, long checksum) {

        /** @throws IllegalArgumentException or IndexOutOfBoundsException if the line is not one of a description */
        static Entry parse(String line, MemorySegment all) {
            String[] fields = line.split("\t");
            if (fields.length != 7) {
                throw new IllegalArgumentException("a line has " + fields.length + " fields");
            }
            PackedMatrix matrix = PackedMatrix.over(
                    all.asSlice(Long.parseLong(fields[4]), Long.parseLong(fields[5])),
                    WeightFormat.valueOf(fields[1]),
                    Integer.parseInt(fields[2]),
                    Integer.parseInt(fields[3]));
            return new Entry(fields[0], matrix, Long.parseLong(fields[6]));
        }

        boolean isIntact() {
            return PackCache.checksum(matrix.data()) == checksum;
        }
    }

    private static long checksum(MemorySegment data) {
        CRC32C checksum = new CRC32C();
        for (long at = 0; at < data.byteSize(); at += CHUNK) {
            checksum.update(
                    data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
        }
        return checksum.getValue();
    }

    private static long aligned(long offset) {
        return (offset + PAGE - 1) / PAGE * PAGE;
    }

    /** Writes what was packed, if anything was; a failure is logged, for the model works without. */
    void save() {
        if (packed.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path partial = Files.createTempFile(file.toAbsolutePath().getParent(), "packing", ".part");
            try {
                write(partial);
                Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(partial);
            }
            LOG.info("wrote packed weights to {} in {} ms", file, (System.nanoTime() - start) / 1_000_000);
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("packed weights cannot be written to {}: {}", file, e.toString());
        }
        packed.clear();
    }

    private void write(Path target) throws IOException {
        Map<String, Long> checksums = new ConcurrentSkipListMap<>();
        packed.entrySet().parallelStream()
                .forEach(entry ->
                        checksums.put(entry.getKey(), checksum(entry.getValue().data())));
        long size = 0;
        for (PackedMatrix matrix : packed.values()) {
            size = aligned(size) + matrix.data().byteSize();
        }
        // offsets have as many digits as they need, so the description is measured with the largest ones first
        long base = aligned(16 + description(checksums, size + MAX_DESCRIPTION).length);
        byte[] description = description(checksums, base);
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
            ByteBuffer head = ByteBuffer.allocate(16 + description.length)
                    .putLong(Long.reverseBytes(MAGIC))
                    .putLong(Long.reverseBytes(description.length))
                    .put(description)
                    .flip();
            put(channel, head, 0);
            long at = base;
            for (PackedMatrix matrix : packed.values()) {
                at = aligned(at);
                MemorySegment data = matrix.data();
                for (long done = 0; done < data.byteSize(); done += CHUNK) {
                    long count = Math.min(CHUNK, data.byteSize() - done);
                    put(channel, data.asSlice(done, count).asByteBuffer(), at + done);
                }
                at += data.byteSize();
            }
        }
    }

    private static void put(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    private byte[] description(Map<String, Long> checksums, long base) {
        StringBuilder text = new StringBuilder(identity);
        long at = base;
        for (Map.Entry<String, PackedMatrix> entry : packed.entrySet()) {
            PackedMatrix matrix = entry.getValue();
            at = aligned(at);
            text.append('\n')
                    .append(entry.getKey())
                    .append('\t')
                    .append(matrix.format())
                    .append('\t')
                    .append(matrix.outFeatures())
                    .append('\t')
                    .append(matrix.inFeatures())
                    .append('\t')
                    .append(at)
                    .append('\t')
                    .append(matrix.data().byteSize())
                    .append('\t')
                    .append(checksums.getOrDefault(entry.getKey(), -1L));
            at += matrix.data().byteSize();
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        arena.close();
    }
}
