package dev.gorgon.client;

import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.RequestInterruptedException;
import dev.gorgon.client.types.StreamResponse;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Tokens as the server generates them, for one thread. Nothing is read ahead of who iterates but what a network buffer holds, so a
 * slow reader slows the stream. {@link #close} tells the server to stop; a stream that was read to its end needs no closing.
 */
public final class TokenStream implements Iterable<StreamResponse>, AutoCloseable {
    private final EventSource<StreamResponse> source;
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final Iterator<StreamResponse> iterator = new Tokens();

    /** What the source, or who closes, has to say. */
    private sealed interface Signal {
        record Next(StreamResponse event) implements Signal {}

        record Failed(Throwable failure) implements Signal {}

        record End() implements Signal {}
    }

    TokenStream(EventSource<StreamResponse> source) {
        this.source = source;
        source.deliverTo(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                // the source is known already
            }

            @Override
            public void onNext(StreamResponse event) {
                signals.add(new Signal.Next(event));
            }

            @Override
            public void onError(Throwable failure) {
                signals.add(new Signal.Failed(failure));
            }

            @Override
            public void onComplete() {
                signals.add(new Signal.End());
            }
        });
    }

    /**
     * The tokens that were not taken yet; always the same iterator, for a stream passes once. Its methods wait for the server, and
     * throw a {@link GorgonException} if the generation fails or the stream breaks off.
     */
    @Override
    public Iterator<StreamResponse> iterator() {
        return iterator;
    }

    /** Stops the generation if it has not ended; iterating ends. Any thread may close. */
    @Override
    public void close() {
        source.cancel();
        signals.add(new Signal.End());
    }

    private final class Tokens implements Iterator<StreamResponse> {
        private @Nullable StreamResponse next;
        private boolean ended;

        @Override
        public boolean hasNext() {
            if (next == null && !ended) {
                source.request(1);
                accept(take());
            }
            return next != null;
        }

        private void accept(Signal signal) {
            switch (signal) {
                case Signal.Next(StreamResponse event) -> next = event;
                case Signal.End end -> ended = true;
                case Signal.Failed(Throwable failure) -> {
                    ended = true;
                    throw Waiting.here(failure);
                }
            }
        }

        private Signal take() {
            try {
                return signals.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                close();
                throw new RequestInterruptedException("interrupted while waiting for a token; the stream was closed");
            }
        }

        @Override
        public StreamResponse next() {
            if (!hasNext() || next == null) {
                throw new NoSuchElementException("the stream has ended");
            }
            StreamResponse taken = next;
            next = null;
            return taken;
        }
    }
}
