package dev.gorgon.engine.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DistributionTest {

    private static List<Long> counts(Distribution distribution) {
        return IntStream.rangeClosed(0, distribution.bounds())
                .mapToObj(distribution::count)
                .toList();
    }

    @Test
    void boundsBelongToTheirRange() {
        Distribution distribution = Distribution.ofCounts(0, 1, 2.5, 10);
        for (long number : new long[] {0, 1, 2, 3, 10, 11, -5, Long.MAX_VALUE / 4}) {
            distribution.record(number);
        }
        assertThat(counts(distribution)).containsExactly(2L, 1L, 1L, 2L, 2L);
        assertThat(distribution.count()).isEqualTo(8);
    }

    @Test
    void timesAreShownInSeconds() {
        Distribution distribution = Distribution.ofNanos(0.001, 0.5);
        distribution.record(1_000_000);
        distribution.record(1_000_001);
        distribution.record(2_000_000_000);
        assertThat(counts(distribution)).containsExactly(1L, 1L, 1L);
        assertThat(distribution.sum()).isCloseTo(2.002000001, within(1e-12));
    }

    @Test
    void boundsThatDoNotRiseAreRefused() {
        assertThatThrownBy(() -> Distribution.ofCounts(1, 1)).hasMessageContaining("must rise");
        assertThatThrownBy(() -> Distribution.ofCounts(1, Double.NaN)).hasMessageContaining("must rise");
    }

    @Test
    void nothingIsLostBetweenThreads() throws InterruptedException {
        Distribution distribution = Distribution.ofCounts(Distribution.growing(1, 2, 10));
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 50_000; i++) {
                    distribution.record(i % 700);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(distribution.count()).isEqualTo(200_000);
        long sum = 4 * IntStream.range(0, 50_000).mapToLong(i -> i % 700).sum();
        assertThat(distribution.sum()).isEqualTo(sum);
    }
}
