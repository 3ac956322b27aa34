package dev.gorgon.client;

import dev.gorgon.client.error.BrokenStreamException;
import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.RequestTimeoutException;
import dev.gorgon.client.error.UnknownException;
import dev.gorgon.client.json.JsonException;
import dev.gorgon.client.sse.SseParser;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The events of one response. Bytes are asked for only while somebody wants an event and none is ready; until the first event is
 * there, that somebody is {@code opened}: a response whose first event is an error has delivered nothing and can be tried again.
 * Signals are serialized by {@link #drain}: whoever finds it busy leaves a note and goes.
 *
 * @param <T> what an event is read as
 */
final class EventSource<T> implements Flow.Subscriber<List<ByteBuffer>>, Flow.Subscription {
    private static final int MAX_EVENT_BYTES = 1 << 24;

    /** Buffers that are read after the last event, so that the connection can be used again. */
    private static final int REST = 16;

    private final EventFormat<T> format;
    private final Timers timers;
    private final Duration idleLimit;
    private final Call<EventSource<T>> opened;
    private final SseParser parser = new SseParser(MAX_EVENT_BYTES, this::event);

    private final Queue<T> ready = new ConcurrentLinkedQueue<>();
    private final AtomicLong demand = new AtomicLong();
    private final AtomicInteger notes = new AtomicInteger();
    private final AtomicReference<@Nullable CompletableFuture<Void>> watch = new AtomicReference<>();
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private volatile Flow.@Nullable Subscription upstream;
    private volatile Flow.@Nullable Subscriber<? super T> downstream;
    private volatile boolean awaitsBytes;
    private volatile boolean cancelled;
    private volatile boolean upstreamOver;
    private volatile boolean delivered;
    private int rest;

    /** How a stream ended; null stands for well. */
    private record End(@Nullable Throwable failure) {}

    /**
     * @param idleLimit how long to wait for bytes
     * @param opened told when the first event is there, or that there is none
     */
    EventSource(EventFormat<T> format, Timers timers, Duration idleLimit, Call<EventSource<T>> opened) {
        this.format = format;
        this.timers = timers;
        this.idleLimit = idleLimit;
        this.opened = opened;
    }

    /** Begins to deliver, as far as is requested. Its {@code onSubscribe} is the caller's affair. */
    void deliverTo(Flow.Subscriber<? super T> subscriber) {
        downstream = subscriber;
        drain();
    }

    @Override
    public void request(long events) {
        if (delivered) {
            return;
        }
        if (events <= 0) {
            end.set(new End(new IllegalArgumentException("at least one event must be requested, got " + events)));
            ready.clear();
            stopUpstream();
        } else {
            demand.accumulateAndGet(events, (now, more) -> now + more < 0 ? Long.MAX_VALUE : now + more);
        }
        drain();
    }

    /** Lets go of the response: the server sees the connection or the stream close. */
    @Override
    public void cancel() {
        cancelled = true;
        stopUpstream();
        drain();
    }

    private void stopUpstream() {
        unwatch();
        Flow.Subscription subscription = upstream;
        if (subscription != null) {
            upstreamOver = true;
            subscription.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        upstream = subscription;
        if (cancelled) {
            subscription.cancel();
        }
        drain();
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        unwatch();
        awaitsBytes = false;
        if (end.get() == null) {
            try {
                buffers.forEach(parser::accept);
            } catch (IllegalStateException e) {
                broken(String.valueOf(e.getMessage()), e);
                stopUpstream();
            }
        } else if (++rest == REST) {
            stopUpstream();
        } else {
            watch();
        }
        drain();
    }

    private void event(String data) {
        if (end.get() != null || data.isBlank()) {
            return;
        }
        if (data.strip().equals("[DONE]")) {
            finish(new End(null));
            return;
        }
        try {
            T event = format.read(data);
            ready.add(event);
            if (format.isLast(event)) {
                finish(new End(null));
            }
        } catch (GorgonException e) {
            finish(new End(e));
        } catch (JsonException e) {
            UnknownException failure = new UnknownException("an event of the stream makes no sense: " + e.getMessage());
            failure.initCause(e);
            finish(new End(failure));
        }
    }

    @Override
    public void onError(Throwable cause) {
        upstreamOver = true;
        unwatch();
        broken("the connection broke in the middle of a stream: " + cause, cause);
        drain();
    }

    @Override
    public void onComplete() {
        upstreamOver = true;
        unwatch();
        finish(new End(new BrokenStreamException("the stream ended before its last event")));
        drain();
    }

    private void broken(String message, Throwable cause) {
        finish(new End(new BrokenStreamException(message, cause)));
    }

    /** The first end counts. */
    private void finish(End how) {
        end.compareAndSet(null, how);
    }

    private void drain() {
        if (notes.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            deliver();
            seen = notes.addAndGet(-seen);
        } while (seen != 0);
    }

    /** One pass; never runs twice at once. */
    private void deliver() {
        if (cancelled) {
            ready.clear();
            return;
        }
        open();
        Flow.Subscriber<? super T> subscriber = downstream;
        if (subscriber != null) {
            deliver(subscriber);
        }
        boolean wanted = !opened.isDone() || demand.get() > 0;
        Flow.Subscription subscription = upstream;
        if (subscription != null && wanted && ready.isEmpty() && end.get() == null && !awaitsBytes && !cancelled) {
            awaitsBytes = true;
            watch();
            subscription.request(1);
        }
    }

    private void open() {
        End how = end.get();
        if (opened.isDone() || ready.isEmpty() && how == null) {
            return;
        }
        Throwable failure = how == null ? null : how.failure();
        if (!ready.isEmpty() || failure == null) {
            if (!opened.complete(this)) {
                cancel();
            }
        } else {
            opened.completeExceptionally(failure);
        }
    }

    private void deliver(Flow.Subscriber<? super T> subscriber) {
        while (demand.get() > 0 && !cancelled) {
            T event = ready.poll();
            if (event == null) {
                break;
            }
            if (demand.get() != Long.MAX_VALUE) {
                demand.decrementAndGet();
            }
            hand(subscriber, event);
        }
        End how = end.get();
        if (how != null && ready.isEmpty() && !delivered && !cancelled) {
            delivered = true;
            readRest();
            if (how.failure() == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(how.failure());
            }
        }
    }

    private void hand(Flow.Subscriber<? super T> subscriber, T event) {
        try {
            subscriber.onNext(event);
        } catch (RuntimeException | Error e) { // it must not throw; if it does, it is not interested any more
            cancelled = true;
            stopUpstream();
            throw e;
        }
    }

    private void readRest() {
        Flow.Subscription subscription = upstream;
        if (subscription != null && !upstreamOver) {
            watch();
            subscription.request(REST);
        }
    }

    private void watch() {
        CompletableFuture<Void> timer = timers.limit(idleLimit);
        watch.set(timer);
        timer.thenRunAsync(() -> {
            if (watch.compareAndSet(timer, null)) {
                finish(new End(new RequestTimeoutException(
                        "nothing came from the server for " + idleLimit.toMillis() + " ms; the stream was given up")));
                stopUpstream();
                drain();
            }
        });
    }

    private void unwatch() {
        CompletableFuture<Void> timer = watch.getAndSet(null);
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
