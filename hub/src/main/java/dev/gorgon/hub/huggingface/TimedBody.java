package dev.gorgon.hub.huggingface;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer, piece by piece. The JDK's client waits for ever when a server stops in the middle of a body; this one does
 * not, and neither when a server trickles. Holds one piece at a time. For one reading thread.
 */
final class TimedBody implements HttpResponse.BodySubscriber<TimedBody>, AutoCloseable {
    /** Less than this is no download: on average, over the time that a body may stall. */
    private static final long LEAST_BYTES_PER_SECOND = 256;

    private sealed interface Event {}

    private record Bytes(List<ByteBuffer> buffers) implements Event {}

    private record End() implements Event {}

    private record Broken(Throwable cause) implements Event {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private final Duration stall;
    private final long windowBytes;
    private long windowStart;
    private long arrivedInWindow;

    TimedBody(Duration stall) {
        this.stall = stall;
        this.windowBytes = LEAST_BYTES_PER_SECOND * stall.toMillis() / 1000;
    }

    @Override
    public CompletionStage<TimedBody> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        if (!subscription.complete(given)) {
            given.cancel();
            return;
        }
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        events.add(new Bytes(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        events.add(new Broken(cause));
    }

    @Override
    public void onComplete() {
        events.add(new End());
    }

    /**
     * The next piece; empty at the end of the body.
     *
     * @throws IOException if the connection broke, or nothing came for too long
     */
    Optional<List<ByteBuffer>> next() throws IOException {
        long now = System.nanoTime();
        if (windowStart == 0) {
            windowStart = now;
        }
        try {
            return switch (events.poll(stall.toNanos(), TimeUnit.NANOSECONDS)) {
                case null -> throw new HttpTimeoutException("the server sent nothing for " + stall.toSeconds() + " s");
                case Bytes bytes -> {
                    watch(bytes.buffers());
                    subscription.join().request(1);
                    yield Optional.of(bytes.buffers());
                }
                case End _ -> Optional.empty();
                case Broken broken ->
                    throw new IOException(String.valueOf(broken.cause().getMessage()), broken.cause());
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private void watch(List<ByteBuffer> buffers) throws IOException {
        for (ByteBuffer buffer : buffers) {
            arrivedInWindow += buffer.remaining();
        }
        long now = System.nanoTime();
        if (now - windowStart > stall.toNanos()) {
            if (arrivedInWindow < windowBytes) {
                throw new HttpTimeoutException(
                        "the server sent only " + arrivedInWindow + " bytes in " + stall.toSeconds() + " s");
            }
            windowStart = now;
            arrivedInWindow = 0;
        }
    }

    /** The whole body. @throws IOException also if it has more bytes than this */
    byte[] all(int most) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Optional<List<ByteBuffer>> piece = next(); piece.isPresent(); piece = next()) {
            for (ByteBuffer buffer : piece.get()) {
                if (bytes.size() + buffer.remaining() > most) {
                    throw new IOException("the answer has more than " + most + " bytes");
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.writeBytes(part);
            }
        }
        return bytes.toByteArray();
    }

    /** Gives up what has not arrived yet. */
    @Override
    public void close() {
        subscription.thenAccept(Flow.Subscription::cancel);
    }
}
