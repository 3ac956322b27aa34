package dev.gorgon.engine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.backend.KvStorage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixIndexTest {

    private static int[] tokens(int count, int first) {
        return IntStream.range(first, first + count).toArray();
    }

    private static PrefixIndex index(int blocks) {
        return new PrefixIndex(new BlockAllocator(blocks), true);
    }

    /** Computes a sequence: takes over what is known, and publishes the rest. Returns the positions taken over. */
    private static int compute(BlockTable table, String lora, int[] tokens) {
        int known = table.attach(lora, tokens, tokens.length - 1);
        assertThat(table.reserve(tokens.length)).isTrue();
        table.publish(lora, tokens, tokens.length);
        return known;
    }

    @Test
    void beginningsAreFoundWhileInUseAndAfterwards() {
        PrefixIndex index = index(20);
        BlockTable first = new BlockTable(index);
        assertThat(compute(first, "", tokens(40, 1))).isZero();
        assertThat(first.sharedSlots()).isEqualTo(32);
        BlockTable second = new BlockTable(index);
        assertThat(compute(second, "", tokens(50, 1))).isEqualTo(32);
        assertThat(Arrays.copyOf(second.blocks(), 2)).isEqualTo(Arrays.copyOf(first.blocks(), 2));
        index.checkIntegrity();
        first.release();
        second.release();
        index.checkIntegrity();
        assertThat(index.availableBlocks()).isEqualTo(20);
        assertThat(index.stats().blocks()).isEqualTo(3);
        assertThat(compute(new BlockTable(index), "", tokens(50, 1))).isEqualTo(48);
    }

    @Test
    void atLeastOneTokenIsLeft() {
        PrefixIndex index = index(20);
        BlockTable first = new BlockTable(index);
        compute(first, "", tokens(32, 1));
        assertThat(new BlockTable(index).attach("", tokens(32, 1), 31)).isEqualTo(16);
    }

    @Test
    void nothingIsSharedBetweenLorasOrAfterADifference() {
        PrefixIndex index = index(20);
        compute(new BlockTable(index), "one", tokens(33, 1));
        assertThat(new BlockTable(index).attach("", tokens(33, 1), 32)).isZero();
        assertThat(new BlockTable(index).attach("two", tokens(33, 1), 32)).isZero();
        int[] other = tokens(33, 1);
        other[16]++;
        assertThat(new BlockTable(index).attach("one", other, 32)).isEqualTo(16);
        // the same block at another place
        assertThat(new BlockTable(index).attach("one", tokens(17, 17), 16)).isZero();
    }

    /** Two sequences that compute the same at the same time end up with one copy. */
    @Test
    void doublesAreGivenBack() {
        PrefixIndex index = index(20);
        BlockTable first = new BlockTable(index);
        BlockTable second = new BlockTable(index);
        assertThat(first.reserve(40) && second.reserve(40)).isTrue();
        assertThat(index.availableBlocks()).isEqualTo(14);
        first.publish("", tokens(40, 1), 40);
        second.publish("", tokens(40, 1), 40);
        assertThat(index.availableBlocks()).isEqualTo(16);
        assertThat(second.blocks()[1]).isEqualTo(first.blocks()[1]);
        assertThat(second.blocks()[2]).isNotEqualTo(first.blocks()[2]);
        first.release();
        index.checkIntegrity();
        second.release();
        index.checkIntegrity();
        assertThat(index.availableBlocks()).isEqualTo(20);
    }

    @Test
    void theLeastRecentlyUsedGoesFirstAndEndsBeforeBeginnings() {
        PrefixIndex index = index(6);
        BlockTable old = new BlockTable(index);
        compute(old, "", tokens(48, 1));
        old.release();
        BlockTable recent = new BlockTable(index);
        compute(recent, "", tokens(48, 1000));
        recent.release();
        assertThat(index.availableBlocks()).isEqualTo(6);
        BlockTable third = new BlockTable(index);
        assertThat(third.reserve(20)).isTrue();
        assertThat(index.stats().evictions()).isEqualTo(2);
        index.checkIntegrity();
        BlockTable check = new BlockTable(index);
        assertThat(check.attach("", tokens(48, 1), 47)).isEqualTo(16);
        check.release();
        assertThat(check.attach("", tokens(49, 1000), 48)).isEqualTo(48);
        // what is in use is never given up
        assertThat(third.reserve(48)).isTrue();
        assertThat(third.reserve(49)).isFalse();
        check.release();
        third.release();
        index.checkIntegrity();
        assertThat(index.availableBlocks()).isEqualTo(6);
    }

    @Test
    void withoutCachingNothingIsKept() {
        PrefixIndex index = new PrefixIndex(new BlockAllocator(5), false);
        BlockTable table = new BlockTable(index);
        compute(table, "", tokens(40, 1));
        assertThat(table.sharedSlots()).isZero();
        assertThat(new BlockTable(index).attach("", tokens(40, 1), 39)).isZero();
        table.release();
        assertThat(index.stats()).isEqualTo(new PrefixStats(0, 0, 0, 0));
        assertThat(index.availableBlocks()).isEqualTo(5);
    }

    @Test
    void aTableInUseDoesNotTakeOver() {
        BlockTable table = new BlockTable(index(4));
        compute(table, "", tokens(20, 1));
        assertThatThrownBy(() -> table.attach("", tokens(20, 1), 19)).isInstanceOf(IllegalStateException.class);
    }

    /**
     * Random sequences over few distinct tokens in a small cache, with hashes of some bits only: each block that is taken over
     * holds what the sequence needs, as a record of what was last written into it tells.
     */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 3, 255, -1})
    void collisionsNeverAttachWrongBlocks(long mask) {
        SplittableRandom random = new SplittableRandom(mask);
        int blocks = 24;
        PrefixIndex index = new PrefixIndex(
                new BlockAllocator(blocks), true, (hash, value) -> (hash * 31 + value * 0x9e3779b97f4a7c15L) & mask);
        String[] contents = new String[blocks];
        List<BlockTable> running = new ArrayList<>();
        long hits = 0;
        for (int round = 0; round < 4000; round++) {
            if (running.size() == 3 || (!running.isEmpty() && random.nextInt(3) == 0)) {
                running.remove(random.nextInt(running.size())).release();
            }
            String lora = random.nextInt(3) == 0 ? "lora" : "";
            int[] tokens = new int[17 + random.nextInt(100)];
            for (int from = 0; from < tokens.length; from += KvStorage.BLOCK) {
                Arrays.fill(tokens, from, Math.min(tokens.length, from + KvStorage.BLOCK), random.nextInt(2));
            }
            BlockTable table = new BlockTable(index);
            int known = table.attach(lora, tokens, tokens.length - 1);
            hits += known;
            for (int place = 0; place < known / KvStorage.BLOCK; place++) {
                assertThat(contents[table.blocks()[place]]).isEqualTo(content(lora, tokens, place));
            }
            if (!table.reserve(tokens.length)) {
                table.release();
                continue;
            }
            for (int place = known / KvStorage.BLOCK; place < tokens.length / KvStorage.BLOCK; place++) {
                contents[table.blocks()[place]] = content(lora, tokens, place);
            }
            table.publish(lora, tokens, tokens.length);
            for (int place = 0; place < tokens.length / KvStorage.BLOCK; place++) {
                assertThat(contents[table.blocks()[place]]).isEqualTo(content(lora, tokens, place));
            }
            running.add(table);
            index.checkIntegrity();
        }
        running.forEach(BlockTable::release);
        index.checkIntegrity();
        assertThat(index.availableBlocks()).isEqualTo(blocks);
        assertThat(hits).isPositive();
        if (mask == -1) {
            assertThat(index.stats().evictions()).isPositive();
        } else {
            // so many hashes there are, and all other blocks collided
            assertThat(index.stats().blocks()).isLessThanOrEqualTo((int) mask + 1);
        }
    }

    private static String content(String lora, int[] tokens, int place) {
        return lora + Arrays.toString(Arrays.copyOf(tokens, (place + 1) * KvStorage.BLOCK));
    }
}
