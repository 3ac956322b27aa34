package dev.gorgon.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoadTimeTest {

    @Test
    void onlyTheSharedPartCounts() throws InterruptedException {
        LoadTime load = new LoadTime();
        long before = System.nanoTime();
        assertThat(load.waitedBetween(before, before + 1_000)).isZero();
        load.begin();
        long begun = System.nanoTime();
        Thread.sleep(5);
        long within = System.nanoTime();
        Thread.sleep(5);
        load.end();
        long after = System.nanoTime();
        assertThat(load.waitedBetween(before, after)).isBetween(10_000_000L, after - before);
        assertThat(load.waitedBetween(begun, within)).isEqualTo(within - begun);
        assertThat(load.waitedBetween(within, after)).isBetween(5_000_000L, after - within);
        assertThat(load.waitedBetween(after, after + 1_000)).isZero();
    }
}
