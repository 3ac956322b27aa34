package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineMeters;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.WeightFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is counted agrees with what happens. */
class EngineMetersTest {

    private static final int[] PROMPT = IntStream.range(1, 40).toArray();

    /** Keeps what it hears. */
    private static final class Heard implements GenerationListener {
        final List<Start> starts = new CopyOnWriteArrayList<>();
        final CompletableFuture<Completion> end = new CompletableFuture<>();
        final CountDownLatch secondStep = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        private int steps;

        @Override
        public void onStart(Start start) {
            starts.add(start);
            throw new IllegalStateException("listeners may be broken");
        }

        @Override
        public void onToken(TokenEvent token) {
            if (!token.skipped() && ++steps == 2) {
                secondStep.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void onFinish(Completion completion) {
            end.complete(completion);
        }

        @Override
        public void onFailure(GenerationException failure) {
            end.completeExceptionally(failure);
        }
    }

    @Test
    void stepsTokensAndCancellations() throws Exception {
        try (TestEngine test =
                new TestEngine(WeightFormat.BF16, 2, TestEngine.options(), "stheno-8m-medusa", Drafter.NONE)) {
            Engine engine = test.engine();
            EngineMeters meters = engine.meters();
            Heard heard = new Heard();
            heard.goOn.countDown();
            engine.submit(GenerateRequest.greedy(PROMPT, 24), heard);
            Completion completion = heard.end.get(30, TimeUnit.SECONDS);
            Heard left = new Heard();
            Generation cancelled = engine.submit(GenerateRequest.greedy(PROMPT, 500), left);
            assertThat(left.secondStep.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(meters.reservedTokens().now()).isEqualTo(PROMPT.length + 500L);
            cancelled.cancel();
            cancelled.cancel();
            left.goOn.countDown();
            for (int i = 0;
                    i < 3000
                            && engine.stats().running()
                                            + meters.reservedTokens().now()
                                    > 0;
                    i++) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            EngineStats stats = engine.stats();
            assertThat(heard.starts).hasSize(1);
            assertThat(heard.starts.getFirst().adapterNanos()).isZero();
            assertThat(heard.starts.getFirst().startedNanos()
                            - heard.starts.getFirst().submittedNanos())
                    .isEqualTo(completion.queueNanos());
            assertThat(meters.cancelled().sum()).isEqualTo(1);
            assertThat(meters.promptTokens().sum()).isEqualTo(2L * PROMPT.length);
            assertThat(meters.started().count()).isEqualTo(2);
            assertThat(meters.reservedTokens().now()).isZero();
            assertThat(meters.forward().count()).isEqualTo(stats.steps());
            assertThat(meters.overhead().count()).isEqualTo(stats.steps());
            assertThat(meters.prefill().succeeded().count()).isBetween(2L, 4L);
            assertThat(meters.prefill().succeeded().count()
                            + meters.decode().succeeded().count())
                    .isEqualTo(stats.steps());
            assertThat(meters.accepted().sum()).isEqualTo(stats.acceptedTokens());
            assertThat(meters.accepted().count()).isPositive();
            assertThat(meters.joined().sum()).isZero();
            assertThat(meters.prefill().failed().sum()).isZero();
        }
    }
}
