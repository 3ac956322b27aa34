package dev.gorgon.client;

import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends a request for each subscriber, and passes the events on as they are asked for. */
final class StreamPublisher<T> implements Flow.Publisher<T> {
    private final Supplier<Call<EventSource<T>>> calls;

    /** @param calls sends the request */
    StreamPublisher(Supplier<Call<EventSource<T>>> calls) {
        this.calls = calls;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        Link<T> link = new Link<>(Objects.requireNonNull(subscriber, "subscriber"));
        subscriber.onSubscribe(link);
        link.follow(calls);
    }

    /** A subscription that is there before the response is. */
    private static final class Link<T> implements Flow.Subscription {
        private final Flow.Subscriber<? super T> subscriber;
        private @Nullable Call<EventSource<T>> call;
        private @Nullable EventSource<T> source;
        private long early;
        private boolean senseless;
        private boolean cancelled;

        Link(Flow.Subscriber<? super T> subscriber) {
            this.subscriber = subscriber;
        }

        void follow(Supplier<Call<EventSource<T>>> calls) {
            Call<EventSource<T>> sent;
            synchronized (this) {
                if (cancelled) {
                    return;
                }
                sent = calls.get();
                call = sent;
            }
            sent.whenComplete((opened, failure) -> {
                if (failure == null) {
                    opened(opened);
                } else if (!isCancelled()) {
                    subscriber.onError(Retries.unwrap(failure));
                }
            });
        }

        private void opened(EventSource<T> opened) {
            long wanted;
            synchronized (this) {
                source = opened;
                wanted = senseless ? -1 : early;
            }
            if (isCancelled()) {
                opened.cancel();
                return;
            }
            opened.deliverTo(subscriber);
            if (wanted != 0) {
                opened.request(wanted);
            }
        }

        private synchronized boolean isCancelled() {
            return cancelled;
        }

        @Override
        public void request(long events) {
            EventSource<T> target;
            synchronized (this) {
                target = source;
                if (target == null) {
                    senseless |= events <= 0;
                    early = early + events < 0 ? Long.MAX_VALUE : early + events;
                }
            }
            if (target != null) {
                target.request(events);
            }
        }

        @Override
        public void cancel() {
            Call<EventSource<T>> sent;
            EventSource<T> target;
            synchronized (this) {
                cancelled = true;
                sent = call;
                target = source;
            }
            if (target != null) {
                target.cancel();
            } else if (sent != null) {
                sent.cancel(true);
            }
        }
    }
}
