package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.client.error.BrokenStreamException;
import dev.gorgon.client.error.GenerationException;
import dev.gorgon.client.error.NotFoundException;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.StreamResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PublisherTest {
    private final FakeServer server = new FakeServer();
    private final Client client =
            Client.builder(server.url()).timers(new ManualTimers(), () -> 0).build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private Flow.Publisher<StreamResponse> publisher() {
        return client.generatePublisher(GenerateRequest.of("p"));
    }

    /** Requests what it is told to, and waits for what comes. */
    private static final class Subscriber implements Flow.Subscriber<StreamResponse> {
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        private final List<String> texts = new CopyOnWriteArrayList<>();
        private final Semaphore arrived = new Semaphore(0);
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private final long requestsEachTime;

        Subscriber(long requestsEachTime) {
            this.requestsEachTime = requestsEachTime;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
            requestMore();
        }

        private void requestMore() {
            if (requestsEachTime != 0) {
                subscription.join().request(requestsEachTime);
            }
        }

        @Override
        public void onNext(StreamResponse event) {
            texts.add(event.token().text());
            arrived.release();
            requestMore();
        }

        @Override
        public void onError(Throwable failure) {
            end.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            end.complete(null);
        }
    }

    private Subscriber subscribed(long requestsEachTime) {
        Subscriber subscriber = new Subscriber(requestsEachTime);
        publisher().subscribe(subscriber);
        return subscriber;
    }

    @Test
    void oneByOneAndAllAtOnce() {
        Flow.Publisher<StreamResponse> publisher = publisher();
        for (long each : new long[] {1, 3, Long.MAX_VALUE}) {
            server.streams(Events.token(5, "a") + Events.token(6, "b") + Events.last(2, "ab"));
            Subscriber subscriber = new Subscriber(each);
            publisher.subscribe(subscriber);
            subscriber.end.join();
            assertThat(subscriber.texts).containsExactly("a", "b", "</s>");
        }
        assertThat(server.seen()).as("a request for each subscriber").hasSize(3);
    }

    @Test
    void nothingUnrequestedArrives() throws InterruptedException {
        CountDownLatch noticed = new CountDownLatch(1);
        server.then(exchange -> {
            OutputStream body = FakeServer.events(exchange);
            byte[] token = Events.token(5, "a").getBytes(StandardCharsets.UTF_8);
            try {
                while (true) {
                    body.write(token);
                }
            } catch (IOException e) {
                noticed.countDown();
            }
        });
        Subscriber subscriber = subscribed(0);
        Flow.Subscription subscription = subscriber.subscription.join();
        subscription.request(2);
        subscriber.arrived.acquire(2);
        assertThat(subscriber.texts).hasSize(2);
        subscription.request(3);
        subscriber.arrived.acquire(3);
        assertThat(subscriber.texts).hasSize(5);
        subscription.cancel();
        noticed.await();
        assertThat(subscriber.texts).hasSize(5);
        assertThat(subscriber.end).isNotDone();
        subscription.request(1);
        subscription.cancel();
    }

    @Test
    void failuresArriveWithoutDemand() {
        server.answers(404, "");
        assertThat(subscribed(0).end.handle((none, failure) -> failure).join()).isInstanceOf(NotFoundException.class);
        server.breaksAfter(Events.token(5, "a"));
        Subscriber broken = subscribed(1);
        assertThat(broken.end.handle((none, failure) -> failure).join()).isInstanceOf(BrokenStreamException.class);
        server.streams(Events.token(5, "a") + Events.error("x", "generation"));
        Subscriber failed = subscribed(1);
        assertThat(failed.end.handle((none, failure) -> failure).join()).isInstanceOf(GenerationException.class);
        assertThat(failed.texts).containsExactly("a");
    }

    @Test
    void senselessDemandIsAnError() {
        for (boolean early : new boolean[] {true, false}) {
            CountDownLatch answer = new CountDownLatch(early ? 1 : 0);
            server.then(exchange -> {
                await(answer);
                OutputStream body = FakeServer.events(exchange);
                body.write((Events.token(5, "a") + Events.token(6, "b")).getBytes(StandardCharsets.UTF_8));
                body.flush();
            });
            Subscriber subscriber = subscribed(0);
            if (!early) {
                subscriber.subscription.join().request(1);
                subscriber.arrived.acquireUninterruptibly();
            }
            subscriber.subscription.join().request(0);
            answer.countDown();
            assertThat(subscriber.end.handle((none, failure) -> failure).join())
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void cancellingBeforeTheAnswerSendsOrKeepsNothing() throws InterruptedException {
        publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.cancel();
            }

            @Override
            public void onNext(StreamResponse event) {
                throw new AssertionError();
            }

            @Override
            public void onError(Throwable failure) {
                throw new AssertionError(failure);
            }

            @Override
            public void onComplete() {
                throw new AssertionError();
            }
        });
        assertThat(server.seen()).isEmpty();

        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch noticed = new CountDownLatch(1);
        server.then(exchange -> {
            asked.countDown();
            await(cancelled);
            try {
                OutputStream body = FakeServer.events(exchange);
                while (true) {
                    body.write(new byte[1 << 16]);
                }
            } catch (IOException e) {
                noticed.countDown();
            }
        });
        Subscriber subscriber = subscribed(1);
        asked.await();
        subscriber.subscription.join().cancel();
        cancelled.countDown();
        noticed.await();
        assertThat(subscriber.end).isNotDone();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
