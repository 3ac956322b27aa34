package dev.gorgon.train.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.train.data.Sample;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateCacheTest {

    private static final HeadShape SHAPE = new HeadShape(3, 1, 2, 4, 100);

    @TempDir
    Path folder;

    private static Sample sample(String id, int length, int... targets) {
        BitSet bits = new BitSet();
        for (int target : targets) {
            bits.set(target);
        }
        return new Sample(id, IntStream.range(0, length).toArray(), bits);
    }

    private Path name(int number) {
        return folder.resolve("shard-" + number);
    }

    /** State of a position: its number in the sample, and the sample's. */
    private static void write(StateWriter writer, Sample sample, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(16, 64);
            int first = writer.positions();
            for (int p = 0; p < sample.tokens().length; p++) {
                if (StateWriter.wanted(sample, p, SHAPE.heads())) {
                    state.setAtIndex(ValueLayout.JAVA_FLOAT, 0, p);
                    state.setAtIndex(ValueLayout.JAVA_FLOAT, 1, number);
                    state.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 0.1f);
                    writer.add(sample, p, state);
                }
            }
            writer.end(writer.positions() > first, first);
        }
    }

    private List<Path> shards(List<Sample> samples, long shardBytes) {
        try (StateWriter writer = new StateWriter(this::name, 0, SHAPE, shardBytes)) {
            for (int i = 0; i < samples.size(); i++) {
                write(writer, samples.get(i), i);
            }
            writer.finish();
            return IntStream.range(0, writer.shards()).mapToObj(this::name).toList();
        }
    }

    /** Appendix A: with tokens x_t = t, head i learns t + 2 + i at position t, and 8, 7 and 6 pairs fit in ten tokens. */
    @Test
    void headsLearnTheTokensAtTheirDistances() {
        Sample all = sample("all", 10, IntStream.range(0, 10).toArray());
        try (StateCache cache = new StateCache(shards(List.of(all), 1 << 20), SHAPE);
                Arena arena = Arena.ofConfined()) {
            FloatMatrix row = FloatMatrix.allocate(arena, 1, 4);
            assertThat(cache.positions()).isEqualTo(8);
            int[] pairs = new int[3];
            for (int p = 0; p < 8; p++) {
                cache.read(p, row, 0);
                assertThat(row.get(0, 0)).isEqualTo(p);
                assertThat(row.get(0, 2)).isEqualTo(BFloat16.round(0.1f));
                for (int head = 0; head < 3; head++) {
                    boolean fits = p + 2 + head < 10;
                    assertThat(cache.label(p, head)).isEqualTo(fits ? p + 2 + head : TrainingRows.NO_LABEL);
                    pairs[head] += fits ? 1 : 0;
                }
            }
            assertThat(pairs).containsExactly(8, 7, 6);
        }
    }

    /** Targets are labels, and so is the token before them: where the model speaks. */
    @Test
    void onlyLabelsAreLearned() {
        try (StateCache cache = new StateCache(shards(List.of(sample("answer", 12, 5, 6, 7, 8)), 1 << 20), SHAPE)) {
            List<String> learned = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                FloatMatrix row = FloatMatrix.allocate(arena, 1, 4);
                for (int p = 0; p < cache.positions(); p++) {
                    cache.read(p, row, 0);
                    for (int head = 0; head < 3; head++) {
                        if (cache.label(p, head) != TrainingRows.NO_LABEL) {
                            learned.add((int) row.get(0, 0) + "+" + head + "=" + cache.label(p, head));
                        }
                    }
                }
            }
            assertThat(learned).containsExactly("4+0=6", "4+1=7", "4+2=8", "5+0=7", "5+1=8", "6+0=8");
        }
    }

    @Test
    void shardsAreOneSequenceOfConversations() {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            samples.add(i % 4 == 1 ? sample("s" + i, 6) : sample("s" + i, 5 + i, 2, 3, 4));
        }
        List<Path> files = shards(samples, 60);
        assertThat(files).hasSizeGreaterThan(4);
        try (StateCache cache = new StateCache(files, SHAPE);
                Arena arena = Arena.ofConfined()) {
            assertThat(cache.samples()).isEqualTo(20);
            assertThat(cache.conversations()).isEqualTo(15);
            assertThat(cache.positions()).isEqualTo(30);
            FloatMatrix row = FloatMatrix.allocate(arena, 1, 4);
            int conversation = 0;
            for (int i = 0; i < 20; i++) {
                if (i % 4 != 1) {
                    assertThat(cache.firstPosition(conversation)).isEqualTo(2L * conversation);
                    cache.read(2L * conversation, row, 0);
                    assertThat(row.get(0, 1)).isEqualTo(i);
                    conversation++;
                }
            }
            assertThat(cache.firstPosition(conversation)).isEqualTo(30);
        }
    }

    @Test
    void damagedShardsAreRefused() throws IOException {
        Path file = shards(List.of(sample("a", 9, 4, 5, 6)), 1 << 20).getFirst();
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(() -> new StateCache(List.of(file), SHAPE))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("is not a complete file of hidden states");
        Files.write(file, bytes);
        assertThatThrownBy(() -> new StateCache(List.of(file), new HeadShape(2, 1, 2, 4, 100)))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("for 3 heads, not 4 for 2");
    }

    @Test
    void statesThatAreNotFiniteAreRefused() {
        try (StateWriter writer = new StateWriter(this::name, 0, SHAPE, 1 << 20);
                Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(16, 64);
            state.setAtIndex(ValueLayout.JAVA_FLOAT, 3, Float.NaN);
            assertThatThrownBy(() -> writer.add(sample("broken", 5, 2, 3), 1, state))
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("conversation broken");
        }
    }

    @Test
    void aCacheOfSomethingElseIsRefusedOrReplaced() throws IOException {
        Files.writeString(folder.resolve("notes.txt"), "mine");
        HiddenCache.open(folder, SHAPE, Map.of("data", "a", "model", "m"), false)
                .close();
        Files.writeString(folder.resolve("train-00000.states"), "");
        HiddenCache.open(folder, SHAPE, Map.of("data", "a", "model", "m"), false)
                .close();
        assertThatThrownBy(() -> HiddenCache.open(folder, SHAPE, Map.of("data", "b", "model", "m"), false))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("computed from something else (another data)")
                .hasMessageContaining("--overwrite_cache True");
        assertThatThrownBy(() -> HiddenCache.open(
                        folder, new HeadShape(5, 1, 2, 4, 100), Map.of("data", "a", "model", "m"), false))
                .hasMessageContaining("another heads");
        try (HiddenCache cache = HiddenCache.open(folder, SHAPE, Map.of("data", "b", "model", "m"), true)) {
            assertThat(cache.isComplete(HiddenCache.Part.TRAIN)).isFalse();
            assertThat(folder.resolve("train-00000.states")).doesNotExist();
            assertThat(folder.resolve("notes.txt")).exists();
            assertThatThrownBy(() -> HiddenCache.open(folder, SHAPE, Map.of("data", "b", "model", "m"), false))
                    .hasMessageContaining("another training uses the hidden states");
        }
    }
}
