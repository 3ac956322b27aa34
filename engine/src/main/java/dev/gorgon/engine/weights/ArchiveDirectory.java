package dev.gorgon.engine.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Looks at the end of a zip archive before the archive is opened, because the library reads the whole directory into memory,
 * however large it says it is.
 *
 * <pre>
 * entries … | directory | [zip64 end (56) … | zip64 locator (20)] | end (22)
 * </pre>
 */
final class ArchiveDirectory {

    private static final int END_BYTES = 22;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64_BYTES = 56;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int LOCATOR_SIGNATURE = 0x07064b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int ENTRY_SIGNATURE = 0x04034b50;

    /** Every storage of an adapter is one entry, every entry takes some 70 bytes here. */
    private static final long MAX_ENTRIES = 100_000;

    private static final long MAX_BYTES = 16 << 20;

    private final Path file;
    private final FileChannel channel;

    private ArchiveDirectory(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * @throws WeightsException if the file is no zip archive or its directory is too large
     */
    static void check(Path file) {
        // opening a pipe would wait for somebody to write into it
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new WeightsException(file + " is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            new ArchiveDirectory(file, channel).check();
        } catch (IOException e) {
            throw new WeightsException("cannot read " + file + ": " + WeightFiles.reason(e), e);
        }
    }

    private void check() throws IOException {
        long endAt = channel.size() - END_BYTES;
        if (endAt < 0 || read(0, Integer.BYTES).getInt() != ENTRY_SIGNATURE) {
            throw new WeightsException(file + " is not a PyTorch zip archive (files from before PyTorch 1.6 are not"
                    + " read); convert it to safetensors");
        }
        ByteBuffer end = read(endAt, END_BYTES);
        if (end.getInt(0) != END_SIGNATURE || end.getShort(20) != 0) {
            throw new WeightsException(
                    file + " is truncated or damaged: a zip archive should end with its directory, without a comment");
        }
        long entries = Short.toUnsignedLong(end.getShort(10));
        long bytes = Integer.toUnsignedLong(end.getInt(12));
        long locatorAt = endAt - LOCATOR_BYTES;
        if (locatorAt >= 0 && read(locatorAt, Integer.BYTES).getInt() == LOCATOR_SIGNATURE) {
            long end64At = read(locatorAt, LOCATOR_BYTES).getLong(8);
            if (end64At < 0 || end64At > locatorAt - END64_BYTES) {
                throw new WeightsException(file + " is damaged: its directory lies outside the file");
            }
            ByteBuffer end64 = read(end64At, END64_BYTES);
            if (end64.getInt(0) != END64_SIGNATURE) {
                throw new WeightsException(file + " is damaged: its directory lies outside the file");
            }
            limit(end64.getLong(32), end64.getLong(40));
            // the short fields count unless they refer to the long ones
            entries = entries == 0xFFFFL ? 0 : entries;
            bytes = bytes == 0xFFFF_FFFFL ? 0 : bytes;
        }
        limit(entries, bytes);
    }

    private void limit(long entries, long bytes) {
        if (entries < 0 || entries > MAX_ENTRIES || bytes < 0 || bytes > MAX_BYTES) {
            throw new WeightsException(file + " has a directory of " + Long.toUnsignedString(entries) + " entries and "
                    + Long.toUnsignedString(bytes) + " bytes; " + MAX_ENTRIES + " entries and " + MAX_BYTES
                    + " bytes are the most that are read");
        }
    }

    private ByteBuffer read(long at, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new WeightsException(file + " became shorter while it was read");
            }
        }
        return bytes.flip();
    }
}
