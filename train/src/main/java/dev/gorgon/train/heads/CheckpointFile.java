package dev.gorgon.train.heads;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A training that can go on: {@code magic, length, JSON, float32 values of all parameters, CRC-32C of everything before}. A new
 * checkpoint replaces the last one in one move.
 */
final class CheckpointFile {

    private static final long MAGIC = 0x314e525447524f47L; // "GORGTRN1"
    private static final int MAX_HEADER = 1 << 30;
    private static final long SLICE = 1L << 28;

    private CheckpointFile() {}

    /** Everything but the parameters. */
    private record Header(
            Map<String, String> fingerprint,
            long step,
            double bestLoss,
            int evaluationsWithoutGain,
            boolean stopped,
            boolean hasBest,
            HeadScores.Sums pending,
            List<StepMetrics> log,
            List<EvaluationMetrics> evaluations) {}

    /** @param fingerprint all that decides about the result */
    static void write(Path file, TrainerState state, Map<String, String> fingerprint) {
        byte[] header = JsonMapper.shared()
                .writeValueAsBytes(new Header(
                        fingerprint,
                        state.step,
                        state.bestLoss,
                        state.evaluationsWithoutGain,
                        state.stopped,
                        state.best.isPresent(),
                        state.pending.sums(),
                        state.log,
                        state.evaluations));
        AtomicFiles.write(file, channel -> {
            CRC32C checksum = new CRC32C();
            ByteBuffer start = ByteBuffer.allocate(12 + header.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(MAGIC)
                    .putInt(header.length)
                    .put(header)
                    .flip();
            put(channel, start, checksum);
            for (HeadParameters parameters : state.all()) {
                for (HeadParameters.Named named : parameters.all()) {
                    MemorySegment values = named.values().segment();
                    for (long at = 0; at < values.byteSize(); at += SLICE) {
                        put(channel, slice(values, at), checksum);
                    }
                }
            }
            ByteBuffer end = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            AtomicFiles.put(channel, end.putLong(checksum.getValue()).flip());
        });
    }

    private static ByteBuffer slice(MemorySegment values, long at) {
        return values.asSlice(at, Math.min(SLICE, values.byteSize() - at)).asByteBuffer();
    }

    private static void put(FileChannel channel, ByteBuffer bytes, CRC32C checksum) throws IOException {
        checksum.update(bytes.duplicate());
        AtomicFiles.put(channel, bytes);
    }

    /**
     * Takes up a training.
     *
     * @throws TrainingException if the file is damaged, or of a training with other settings, data or model
     */
    static void read(Path file, TrainerState state, Map<String, String> fingerprint) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            CRC32C checksum = new CRC32C();
            ByteBuffer start = take(channel, ByteBuffer.allocate(12), file, checksum);
            int length = start.getInt(8);
            if (start.getLong(0) != MAGIC || length < 2 || length > Math.min(MAX_HEADER, channel.size())) {
                throw damaged(file);
            }
            ByteBuffer text = take(channel, ByteBuffer.allocate(length), file, checksum);
            Header header =
                    JsonMapper.shared().readValue(new String(text.array(), StandardCharsets.UTF_8), Header.class);
            requireSame(file, header.fingerprint, fingerprint);
            if (header.hasBest != state.best.isPresent()) {
                throw damaged(file);
            }
            for (HeadParameters parameters : state.all()) {
                for (HeadParameters.Named named : parameters.all()) {
                    MemorySegment values = named.values().segment();
                    for (long at = 0; at < values.byteSize(); at += SLICE) {
                        take(channel, slice(values, at), file, checksum);
                    }
                }
            }
            long sum = checksum.getValue();
            if (take(channel, ByteBuffer.allocate(8), file, checksum).getLong(0) != sum) {
                throw damaged(file);
            }
            state.step = header.step;
            state.bestLoss = header.bestLoss;
            state.evaluationsWithoutGain = header.evaluationsWithoutGain;
            state.stopped = header.stopped;
            state.pending.set(header.pending);
            state.log.addAll(header.log);
            state.evaluations.addAll(header.evaluations);
        } catch (IOException e) {
            throw AtomicFiles.failed("read", file, e);
        } catch (JacksonException e) {
            throw new TrainingException(damaged(file).getMessage() + " (" + e.getOriginalMessage() + ")", e);
        }
    }

    private static ByteBuffer take(FileChannel channel, ByteBuffer into, Path file, CRC32C checksum)
            throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw damaged(file);
            }
        }
        into.flip();
        checksum.update(into.duplicate());
        return into.order(ByteOrder.LITTLE_ENDIAN);
    }

    private static TrainingException damaged(Path file) {
        return new TrainingException(
                file + " is damaged; remove it (--overwrite_output_dir True does), and training begins again");
    }

    private static void requireSame(Path file, Map<String, String> was, Map<String, String> is) {
        TreeSet<String> names = new TreeSet<>(was.keySet());
        names.addAll(is.keySet());
        for (String name : names) {
            String before = was.getOrDefault(name, "not there");
            String now = is.getOrDefault(name, "not there");
            if (!before.equals(now)) {
                throw new TrainingException(file + " is of a training with another " + name + ": it was " + before
                        + ", now it is " + now + "; resume with the same, or begin in another folder");
            }
        }
    }
}
