package dev.gorgon.train.eval;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard events: scalars over steps. Each record is written with one call, so a reader, or a killed program, leaves
 * whole records behind.
 *
 * <pre>
 *  record:  length u64 LE │ masked CRC-32C of the length u32 LE │ Event │ masked CRC-32C of the Event u32 LE
 *  Event:   1 wall_time double │ 2 step int64 │ 3 file_version string │ 5 Summary
 *  Summary: repeated 1 Value;  Value: 1 tag string │ 2 simple_value float
 * </pre>
 */
final class EventFile implements AutoCloseable {

    private static final int MASK_DELTA = 0xa282ead8;
    private static final int DOUBLE = 1;
    private static final int BYTES = 2;
    private static final int FLOAT = 5;

    private final FileChannel channel;

    private EventFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Begins a new file in a folder, which is made if necessary. @param millis since 1970, also part of the name */
    static EventFile create(Path folder, long millis) throws IOException {
        Files.createDirectories(folder);
        for (int serial = 0; ; serial++) {
            Path path = folder.resolve("events.out.tfevents." + millis / 1000 + ".gorgon." + serial);
            if (!Files.exists(path)) {
                EventFile file =
                        new EventFile(FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
                file.append(version(millis / 1e3));
                return file;
            }
        }
    }

    /** Adds values of a step. */
    void scalars(long millis, long step, Map<String, Double> values) throws IOException {
        append(event(millis / 1e3, step, values));
    }

    private void append(byte[] event) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(record(event));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    static byte[] record(byte[] event) {
        ByteBuffer length =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, event.length);
        return ByteBuffer.allocate(16 + event.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(length.array())
                .putInt(maskedChecksum(length.array()))
                .put(event)
                .putInt(maskedChecksum(event))
                .array();
    }

    /** A checksum of data that holds checksums would be weak: it is rotated and shifted. */
    static int maskedChecksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
    }

    static byte[] version(double wallTime) {
        Message event = new Message();
        event.key(1, DOUBLE).putDouble(wallTime);
        event.text(3, "brain.Event:2");
        return event.toBytes();
    }

    static byte[] event(double wallTime, long step, Map<String, Double> values) {
        Message summary = new Message();
        values.forEach((tag, number) -> {
            Message value = new Message();
            value.text(1, tag);
            value.key(2, FLOAT).putFloat(number.floatValue());
            summary.bytes(1, value.toBytes());
        });
        Message event = new Message();
        event.key(1, DOUBLE).putDouble(wallTime);
        event.key(2, 0);
        event.varint(step);
        event.bytes(5, summary.toBytes());
        return event.toBytes();
    }

    /** A message of protocol buffers that is being written. */
    private static final class Message {
        private ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

        /** Begins a field, with room for a number behind it. */
        ByteBuffer key(int field, int wireType) {
            varint((long) field << 3 | wireType);
            return room(Long.BYTES);
        }

        void text(int field, String text) {
            bytes(field, text.getBytes(StandardCharsets.UTF_8));
        }

        void bytes(int field, byte[] bytes) {
            varint((long) field << 3 | BYTES);
            varint(bytes.length);
            room(bytes.length).put(bytes);
        }

        void varint(long value) {
            ByteBuffer room = room(10);
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                room.put((byte) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            room.put((byte) rest);
        }

        private ByteBuffer room(int bytes) {
            if (buffer.remaining() < bytes) {
                buffer = ByteBuffer.allocate(2 * (buffer.position() + bytes))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(buffer.flip());
            }
            return buffer;
        }

        byte[] toBytes() {
            byte[] bytes = new byte[buffer.position()];
            buffer.get(0, bytes);
            return bytes;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
