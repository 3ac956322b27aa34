package dev.gorgon.hub.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Bytes of a file on their way out. The file is read as the connection takes them, and again for each attempt. */
final class FileSlice implements Payload, AutoCloseable {
    private final FileChannel channel;
    private final long from;
    private final long count;
    private final Map<String, String> headers;
    private final LongConsumer progress;
    private final AtomicLong taken = new AtomicLong();

    /**
     * Which bytes.
     *
     * @param from first byte
     * @param count at least one
     */
    record Range(long from, long count) {}

    /** @param progress hears how many further bytes were taken; negative numbers take back those of a failed attempt */
    FileSlice(Path file, Range range, Map<String, String> headers, LongConsumer progress) throws IOException {
        this.channel = FileChannel.open(file, StandardOpenOption.READ);
        this.from = range.from;
        this.count = range.count;
        this.headers = headers;
        this.progress = progress;
    }

    @Override
    public BodyPublisher publisher() {
        return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(Reader::new), count);
    }

    @Override
    public Map<String, String> headers() {
        return headers;
    }

    @Override
    public long taken() {
        return taken.get();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Reader extends InputStream {
        private long done;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (done == count) {
                return -1;
            }
            int most = (int) Math.min(length, count - done);
            int read = channel.read(ByteBuffer.wrap(into, offset, most), from + done);
            if (read < 0) {
                throw new IOException("the file became shorter while it was being sent");
            }
            done += read;
            taken.addAndGet(read);
            progress.accept(read);
            return read;
        }
    }
}
