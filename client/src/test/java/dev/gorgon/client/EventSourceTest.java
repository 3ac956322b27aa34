package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** Who asks whom for how much, without a network. */
class EventSourceTest {
    private static final EventFormat<String> PLAIN = new EventFormat<>() {
        @Override
        public String read(String data) {
            return data;
        }

        @Override
        public boolean isLast(String event) {
            return event.equals("last");
        }
    };

    private final ManualTimers timers = new ManualTimers();
    private final Call<EventSource<String>> opened = new Call<>();
    private final EventSource<String> source = new EventSource<>(PLAIN, timers, Duration.ofSeconds(1), opened);
    private final Bytes bytes = new Bytes();
    private final List<String> said = new ArrayList<>();

    /** The connection: counts what is asked of it. */
    private static final class Bytes implements Flow.Subscription {
        private long requested;
        private boolean cancelled;

        @Override
        public void request(long buffers) {
            requested += buffers;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private void listen() {
        source.deliverTo(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                throw new AssertionError("the caller's affair");
            }

            @Override
            public void onNext(String event) {
                said.add(event);
            }

            @Override
            public void onError(Throwable failure) {
                said.add(failure.getClass().getSimpleName());
            }

            @Override
            public void onComplete() {
                said.add("complete");
            }
        });
    }

    private void arrives(String events) {
        source.onNext(List.of(ByteBuffer.wrap(events.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void bytesAreAskedForOnlyWhenAnEventIsWantedAndNoneIsReady() {
        source.onSubscribe(bytes);
        assertThat(bytes.requested).as("for the first event").isEqualTo(1);
        arrives(": still at work\n\n");
        assertThat(bytes.requested).isEqualTo(2);
        assertThat(opened).isNotDone();
        arrives("data: a\n\ndata: b\n\ndata: c\n\n");
        assertThat(opened).isCompletedWithValue(source);
        listen();
        assertThat(said).isEmpty();
        source.request(2);
        assertThat(said).containsExactly("a", "b");
        source.request(1);
        assertThat(said).containsExactly("a", "b", "c");
        assertThat(bytes.requested).as("nothing more is wanted").isEqualTo(2);
        source.request(1);
        source.request(5);
        assertThat(bytes.requested).as("one buffer at a time").isEqualTo(3);
        arrives("data: d\n\n");
        assertThat(bytes.requested).isEqualTo(4);
        assertThat(said).endsWith("d");
    }

    /** A subscriber that asks for the next event while it is given one must not build a tower of calls. */
    @Test
    void manyEventsNeedNoDeepStack() {
        source.onSubscribe(bytes);
        source.request(1);
        source.deliverTo(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {}

            @Override
            public void onNext(String event) {
                said.add(event);
                source.request(1);
            }

            @Override
            public void onError(Throwable failure) {
                throw new AssertionError(failure);
            }

            @Override
            public void onComplete() {
                said.add("complete");
            }
        });
        arrives("data: a\n\n".repeat(100_000) + "data: last\n\n");
        assertThat(said).hasSize(100_002).endsWith("last", "complete");
    }

    @Test
    void theEndComesWithoutDemandButAfterAllEvents() {
        source.onSubscribe(bytes);
        listen();
        arrives("data: a\n\ndata: last\n\ndata: beyond\n\n");
        assertThat(said).isEmpty();
        source.request(1);
        assertThat(said).containsExactly("a");
        source.request(1);
        assertThat(said).containsExactly("a", "last", "complete");
        source.onComplete();
        source.onError(new IllegalStateException());
        source.request(1);
        source.request(-1);
        assertThat(said).hasSize(3);
        assertThat(bytes.cancelled).as("the connection is used again").isFalse();
    }

    @Test
    void aServerThatDoesNotStopIsLeft() {
        source.onSubscribe(bytes);
        listen();
        source.request(1);
        arrives("data: last\n\n");
        long rest = bytes.requested - 1;
        assertThat(rest).isPositive();
        for (int i = 0; i < rest; i++) {
            assertThat(bytes.cancelled).isFalse();
            arrives("data: more\n\n");
        }
        assertThat(bytes.cancelled).isTrue();
        assertThat(said).containsExactly("last", "complete");
    }

    @Test
    void aServerThatDoesNotCloseIsLeft() {
        source.onSubscribe(bytes);
        listen();
        source.request(1);
        arrives("data: last\n\n");
        timers.limits().getLast().passed().complete(null);
        while (!bytes.cancelled) {
            Thread.onSpinWait();
        }
        assertThat(said).containsExactly("last", "complete");
    }

    @Test
    void nothingIsLeftBehindWhenTheServerClosesFirst() {
        source.onSubscribe(bytes);
        arrives("data: a\n\ndata: last\n\n");
        source.onComplete();
        listen();
        source.request(2);
        assertThat(said).containsExactly("a", "last", "complete");
        assertThat(timers.limits())
                .allSatisfy(limit -> assertThat(limit.passed()).isCancelled());
        assertThat(bytes.requested).isEqualTo(1);
    }

    @Test
    void signsOfLifeStopTheClock() {
        source.onSubscribe(bytes);
        assertThat(timers.limits()).hasSize(1);
        arrives(":\n\n");
        assertThat(timers.limits()).hasSize(2);
        assertThat(timers.limits().getFirst().passed()).isCancelled();
        arrives("data: a\n\n");
        listen();
        assertThat(timers.limits().getLast().passed()).as("nobody waits").isCancelled();
    }

    @Test
    void whoThrowsGetsNothingMore() {
        source.onSubscribe(bytes);
        arrives("data: a\n\ndata: b\n\n");
        source.request(2);
        assertThatThrownBy(() -> source.deliverTo(new Flow.Subscriber<>() {
                    @Override
                    public void onSubscribe(Flow.Subscription subscription) {}

                    @Override
                    public void onNext(String event) {
                        said.add(event);
                        throw new IllegalStateException("not today");
                    }

                    @Override
                    public void onError(Throwable failure) {
                        said.add("error");
                    }

                    @Override
                    public void onComplete() {
                        said.add("complete");
                    }
                }))
                .hasMessage("not today");
        source.request(1);
        assertThat(said).containsExactly("a");
        assertThat(bytes.cancelled).isTrue();
    }

    @Test
    void cancelledBeforeTheConnectionIsThere() {
        source.cancel();
        source.onSubscribe(bytes);
        assertThat(bytes.cancelled).isTrue();
        assertThat(bytes.requested).isZero();
    }
}
