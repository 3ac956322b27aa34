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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The packed matrices of one base model in a file, mapped when the model is loaded again. A file belongs to an identity — the
 * files that were packed, the format, the layout's version — and is found by its hash.
 *
 * <pre>
 *  8 bytes   "GORGPACK"
 *  8 bytes   length of the description, little-endian
 *  ...       description, JSON: identity, and of each matrix name, format, outputs, inputs, offset, bytes, CRC-32C
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
    private static final JsonMapper JSON = JsonMapper.shared();
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
        String full = "layout " + LAYOUT + ", " + identity;
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
            byte[] text = all.asSlice(16, length).toArray(ValueLayout.JAVA_BYTE);
            JsonNode description = JSON.readTree(text);
            if (!description.path("identity").asString("").equals(identity)) {
                throw new IOException("it belongs to other weights");
            }
            JsonNode entries = description.path("matrices");
            PackedMatrix[] matrices = new PackedMatrix[entries.size()];
            boolean[] intact = new boolean[entries.size()];
            for (int i = 0; i < matrices.length; i++) {
                matrices[i] = matrix(entries.get(i), all);
            }
            if (threads > 1) {
                IntStream.range(0, matrices.length)
                        .parallel()
                        .forEach(i -> intact[i] = isIntact(entries.get(i), matrices[i]));
            } else {
                IntStream.range(0, matrices.length).forEach(i -> intact[i] = isIntact(entries.get(i), matrices[i]));
            }
            for (int i = 0; i < matrices.length; i++) {
                String name = entries.get(i).path("name").asString("");
                if (!intact[i]) {
                    throw new IOException("the bytes of " + name + " have changed");
                }
                kept.put(name, matrices[i]);
            }
        } catch (JacksonException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("its description is damaged: " + e.getMessage(), e);
        }
    }

    private static PackedMatrix matrix(JsonNode entry, MemorySegment all) {
        return PackedMatrix.over(
                all.asSlice(entry.path("offset").asLong(-1), entry.path("bytes").asLong(-1)),
                WeightFormat.valueOf(entry.path("format").asString("")),
                entry.path("outputs").asInt(0),
                entry.path("inputs").asInt(0));
    }

    private static boolean isIntact(JsonNode entry, PackedMatrix matrix) {
        return entry.path("crc32c").asLong(-1) == checksum(matrix.data());
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
        ObjectNode root = JSON.createObjectNode();
        root.put("identity", identity);
        ArrayNode entries = root.putArray("matrices");
        long at = base;
        for (Map.Entry<String, PackedMatrix> entry : packed.entrySet()) {
            PackedMatrix matrix = entry.getValue();
            at = aligned(at);
            ObjectNode node = entries.addObject();
            node.put("name", entry.getKey());
            node.put("format", matrix.format().name());
            node.put("outputs", matrix.outFeatures());
            node.put("inputs", matrix.inFeatures());
            node.put("offset", at);
            node.put("bytes", matrix.data().byteSize());
            node.put("crc32c", checksums.getOrDefault(entry.getKey(), -1L));
            at += matrix.data().byteSize();
        }
        return JSON.writeValueAsBytes(root);
    }

    @Override
    public void close() {
        arena.close();
    }
}
