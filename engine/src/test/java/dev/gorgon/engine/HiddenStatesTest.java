package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.LoraTerms;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.HiddenStates;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What heads are trained on is what they are given when served, to the last bit. */
class HiddenStatesTest {

    private static LanguageModel model(int threads, EngineOptions options) {
        return ModelLoader.load(
                "stheno-8m",
                DemoFolders.folder("stheno-8m"),
                new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, threads),
                options);
    }

    private static List<int[]> sequences() {
        SplittableRandom random = new SplittableRandom(4);
        List<int[]> sequences = new ArrayList<>();
        for (int length : new int[] {1, 40, 3, 100, 17, 64, 2}) {
            sequences.add(IntStream.range(0, length)
                    .map(i -> 3 + random.nextInt(4000))
                    .toArray());
        }
        return sequences;
    }

    private static float[] floats(MemorySegment row) {
        return row.toArray(ValueLayout.JAVA_FLOAT);
    }

    /** All states of all sequences, in order. */
    private static List<float[]> states(int threads, int rows, String adapter) {
        try (LanguageModel model = model(threads, HiddenStates.limits(100, rows))) {
            Optional<Adapter> loaded = adapter.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new AdapterLoader(model.decoder().config(), model.backend())
                            .load(adapter, DemoFolders.folder(adapter)));
            Optional<Lora> lora = loaded.flatMap(Adapter::lora);
            List<float[]> states = new ArrayList<>();
            List<String> order = new ArrayList<>();
            new HiddenStates(model, lora).compute(sequences().iterator(), (sequence, position, state) -> {
                order.add(sequence + "/" + position);
                states.add(floats(state));
            });
            List<String> expected = new ArrayList<>();
            for (int s = 0; s < sequences().size(); s++) {
                for (int p = 0; p < sequences().get(s).length; p++) {
                    expected.add(s + "/" + p);
                }
            }
            assertThat(order).isEqualTo(expected);
            loaded.ifPresent(Adapter::close);
            return states;
        }
    }

    /** One sequence after the other, as a prompt whose logits are wanted: the states that the LM head was given. */
    private static List<float[]> served() {
        try (LanguageModel model = model(2, new EngineOptions(16, 128, 112, 16, 0, false, false, false))) {
            Decoder decoder = model.decoder();
            List<float[]> states = new ArrayList<>();
            for (int[] tokens : sequences()) {
                int[] rows = IntStream.range(0, tokens.length).toArray();
                SequenceRows sequence = new SequenceRows(
                        0, rows, 0, null, IntStream.range(0, 16).toArray());
                Batch batch = new Batch(tokens, List.of(sequence), rows, LoraTerms.NONE, LoraTerms.NONE);
                model.backend().run(ops -> decoder.forward(ops, batch));
                for (int row : rows) {
                    states.add(floats(model.memory().hostView(decoder.hidden(), row)));
                }
            }
            return states;
        }
    }

    private static void assertSameBits(List<float[]> actual, List<float[]> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertThat(actual.get(i)).as("row %d", i).isEqualTo(expected.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64, 300})
    void areWhatTheLmHeadIsGivenWhenServed(int rowsPerStep) {
        assertSameBits(states(2, rowsPerStep, ""), served());
    }

    @Test
    void doNotDependOnThreadsOrChunksWithALoraEither() {
        List<float[]> one = states(1, 300, "stheno-8m-json-lora");
        assertSameBits(states(2, 13, "stheno-8m-json-lora"), one);
        assertThat(one.get(1)).isNotEqualTo(states(1, 300, "").get(1));
    }

    @Test
    void refusesSequencesThatDoNotFit() {
        try (LanguageModel model = model(1, HiddenStates.limits(32, 16))) {
            HiddenStates states = new HiddenStates(model, Optional.empty());
            HiddenStates.Sink nowhere = (sequence, position, state) -> {};
            assertThatThrownBy(() -> states.compute(List.of(new int[0]).iterator(), nowhere))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has 0 tokens");
            assertThatThrownBy(() -> states.compute(List.of(new int[3000]).iterator(), nowhere))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3000 tokens");
        }
    }
}
