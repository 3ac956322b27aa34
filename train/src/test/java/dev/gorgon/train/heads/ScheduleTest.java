package dev.gorgon.train.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 17, 64, 65, 1000, 4096})
    void everyNumberComesOnce(long bound) {
        Shuffle shuffle = new Shuffle(bound, 42, 3);
        BitSet seen = new BitSet();
        for (long i = 0; i < bound; i++) {
            seen.set(Math.toIntExact(shuffle.at(i)));
        }
        assertThat(seen.cardinality()).isEqualTo((int) bound);
        assertThat(seen.length()).isEqualTo((int) bound);
    }

    @Test
    void ordersDifferByEpochAndSeedAndAreNoRuns() {
        List<Long> order = order(1, 1);
        assertThat(order(1, 1)).isEqualTo(order);
        assertThat(order(1, 2)).isNotEqualTo(order);
        assertThat(order(2, 1)).isNotEqualTo(order);
        long neighbours = IntStream.range(1, order.size())
                .filter(i -> Math.abs(order.get(i) - order.get(i - 1)) == 1)
                .count();
        assertThat(neighbours).isLessThan(20);
        assertThat(new Shuffle(1L << 40, 5, 0).at((1L << 40) - 1)).isBetween(0L, (1L << 40) - 1);
    }

    private static List<Long> order(long seed, long epoch) {
        Shuffle shuffle = new Shuffle(1000, seed, epoch);
        return LongStream.range(0, 1000).map(shuffle::at).boxed().toList();
    }

    @Test
    void everyEpochCoversEveryPositionOnce() {
        TestRows rows = TestRows.random(1, 100, new HeadShape(1, 1, 2, 4, 10));
        for (BatchSize size :
                List.of(new BatchSize(BatchSize.Unit.POSITIONS, 30), new BatchSize(BatchSize.Unit.CONVERSATIONS, 5))) {
            Batches batches = new Batches(rows, size, 9);
            for (int epoch = 0; epoch < 2; epoch++) {
                TreeSet<Long> seen = new TreeSet<>();
                int count = 0;
                for (long step = 0; step < batches.stepsPerEpoch(); step++) {
                    long[] positions = batches.positions(epoch * batches.stepsPerEpoch() + step);
                    count += positions.length;
                    for (long position : positions) {
                        seen.add(position);
                    }
                }
                assertThat(count).isEqualTo(100);
                assertThat(seen).hasSize(100);
            }
        }
        Batches conversations = new Batches(rows, new BatchSize(BatchSize.Unit.CONVERSATIONS, 1), 9);
        assertThat(conversations.stepsPerEpoch()).isEqualTo(12);
        long[] one = conversations.positions(4);
        assertThat(one[0] % 9).isZero();
        assertThat(one).hasSize(one[0] == 99 ? 1 : 9).isSorted();
    }

    /** Values of transformers' get_cosine_schedule_with_warmup and its relatives, by their formulas. */
    @Test
    void learningRatesAreThoseOfTheKnownSchedules() {
        LearningRate cosine = new LearningRate(1e-3, LearningRate.Schedule.COSINE, 10, 110);
        assertThat(cosine.at(0)).isZero();
        assertThat(cosine.at(5)).isCloseTo(5e-4, within(1e-12));
        assertThat(cosine.at(10)).isCloseTo(1e-3, within(1e-12));
        assertThat(cosine.at(60)).isCloseTo(5e-4, within(1e-12));
        assertThat(cosine.at(85)).isCloseTo(1e-3 * 0.5 * (1 + Math.cos(0.75 * Math.PI)), within(1e-12));
        LearningRate linear = new LearningRate(1e-3, LearningRate.Schedule.LINEAR, 10, 110);
        assertThat(linear.at(60)).isCloseTo(5e-4, within(1e-12));
        assertThat(linear.at(110)).isZero();
        assertThat(new LearningRate(1e-3, LearningRate.Schedule.CONSTANT, 10, 110).at(0))
                .isEqualTo(1e-3);
        LearningRate warm = new LearningRate(1e-3, LearningRate.Schedule.CONSTANT_WITH_WARMUP, 10, 110);
        assertThat(warm.at(1)).isCloseTo(1e-4, within(1e-12));
        assertThat(warm.at(99)).isEqualTo(1e-3);
        assertThatThrownBy(() -> LearningRate.Schedule.parse("polynomial"))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("cosine");
        TrainingSettings.Rate rate = new TrainingSettings.Rate(1, LearningRate.Schedule.COSINE, 0.03, 0);
        assertThat(rate.over(101).warmupSteps()).isEqualTo(4);
    }

    @Test
    void theSameConversationsAreHeldOutWhateverTheOthers() {
        SampleSplit split = new SampleSplit(Set.of("named"), 0.25, 1);
        assertThat(split.isHeldOut("named")).isTrue();
        long held = IntStream.range(0, 2000)
                .filter(i -> split.isHeldOut("conversation-" + i))
                .count();
        assertThat(held).isBetween(430L, 570L);
        assertThat(new SampleSplit(Set.of(), 0, 1).isHeldOut("named")).isFalse();
        assertThatThrownBy(() -> new SampleSplit(Set.of(), 1, 1)).isInstanceOf(TrainingException.class);
    }
}
