package dev.gorgon.server.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong now = new AtomicLong();
    private final Pace pace = new Pace(waiting::get, now::get);

    private void endEvery(long millis, int times) {
        for (int i = 0; i < times; i++) {
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
            pace.ended();
        }
    }

    @Test
    void aSecondAsLongAsNothingIsKnown() {
        waiting.set(1000);
        assertThat(pace.retryAfterSeconds()).isEqualTo(1);
    }

    @Test
    void theQueueAtThePresentPace() {
        endEvery(500, 200);
        assertThat(pace.retryAfterSeconds()).isEqualTo(1);
        waiting.set(19);
        assertThat(pace.retryAfterSeconds()).isEqualTo(10);
        endEvery(100, 200);
        assertThat(pace.retryAfterSeconds()).isEqualTo(2);
    }

    @Test
    void aStandstillCountsAndAMinuteIsTheMost() {
        endEvery(100, 64);
        waiting.set(9);
        assertThat(pace.retryAfterSeconds()).isEqualTo(1);
        now.addAndGet(TimeUnit.SECONDS.toNanos(64));
        assertThat(pace.retryAfterSeconds()).isBetween(10, 12);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        assertThat(pace.retryAfterSeconds()).isEqualTo(60);
    }
}
