package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Greedy decoding against transformers and PEFT in float32. */
class ParityTest {

    /** Below this margin between the best two logits, another order of additions may choose the other token. */
    private static final double MARGIN = 0.002;

    static List<Reference.Prompt> allPrompts() {
        List<Reference.Prompt> all = new ArrayList<>(Reference.prompts());
        all.addAll(Reference.longPrompts());
        return all;
    }

    static GenerateRequest request(int[] prompt, Optional<Adapter> adapter) {
        return new GenerateRequest(
                prompt,
                adapter.map(AdapterSelection::of).orElse(AdapterSelection.DEFAULT),
                SamplingParameters.GREEDY,
                64,
                List.of(),
                false,
                false,
                0,
                GenerateRequest.ANY_SPECULATION);
    }

    /** How many prompts agree in all tokens; asserts agreement where the reference is sure, and logprobs where tokens agree. */
    static int compare(TestEngine engine, Optional<Adapter> adapter, String name, boolean exact) {
        List<Reference.Prompt> prompts = allPrompts();
        List<CompletableFuture<TestEngine.Result>> results = prompts.stream()
                .map(prompt -> engine.submit(request(prompt.ids(), adapter)))
                .toList();
        int agree = 0;
        for (int i = 0; i < prompts.size(); i++) {
            Reference.Answer expected =
                    name.isEmpty() ? prompts.get(i).base() : prompts.get(i).adapter(name);
            TestEngine.Result actual = TestEngine.await(results.get(i));
            boolean same = java.util.Arrays.equals(actual.ids(), expected.ids());
            agree += same ? 1 : 0;
            if (!exact) {
                continue;
            }
            if (expected.minMargin() >= MARGIN) {
                assertThat(actual.ids())
                        .as("%s of %s", name, prompts.get(i).id())
                        .isEqualTo(expected.ids());
            }
            for (int t = 0; same && t < expected.ids().length; t++) {
                assertThat((double) actual.logprobs()[t])
                        .as("logprob %d of %s, %s", t, prompts.get(i).id(), name)
                        .isCloseTo(expected.logprobs()[t], within(1e-3));
            }
        }
        return agree;
    }

    @Test
    void baseModelAgreesWithTransformers() {
        try (TestEngine engine = TestEngine.plain()) {
            assertThat(compare(engine, Optional.empty(), "", true))
                    .isEqualTo(allPrompts().size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pirate", "cheer", "json", "terse"})
    void lorasAgreeWithPeft(String name) {
        try (TestEngine engine = TestEngine.plain()) {
            Adapter adapter = engine.adapter("stheno-8m-" + name + "-lora");
            assertThat(compare(engine, Optional.of(adapter), name, true))
                    .isGreaterThanOrEqualTo(allPrompts().size() - 1);
        }
    }

    @Test
    void aTorchArchiveServesLikeSafetensors() {
        try (TestEngine engine = TestEngine.plain()) {
            Adapter adapter = engine.adapter("stheno-8m-terse-lora-bin");
            assertThat(compare(engine, Optional.of(adapter), "terse", true))
                    .isGreaterThanOrEqualTo(allPrompts().size() - 1);
        }
    }

    @Test
    void draftingHeadsDoNotChangeTheAgreement() {
        try (TestEngine engine =
                new TestEngine(WeightFormat.F32, 2, TestEngine.options(), "stheno-8m-medusa", Drafter.NONE)) {
            assertThat(compare(engine, Optional.empty(), "", true))
                    .isEqualTo(allPrompts().size());
            assertThat(compare(engine, Optional.of(engine.adapter("stheno-8m-pirate-lora")), "pirate", true))
                    .isGreaterThanOrEqualTo(allPrompts().size() - 1);
            assertThat(engine.engine().stats().acceptedTokens()).isPositive();
        }
    }

    @Test
    void bfloat16AgreesMostly() {
        try (TestEngine engine = new TestEngine(WeightFormat.BF16, 2, TestEngine.options(), "", Drafter.NONE)) {
            int agree = compare(engine, Optional.empty(), "", false);
            System.out.println("bfloat16: " + agree + " of " + allPrompts().size() + " prompts agree in all tokens");
            assertThat(agree).isGreaterThanOrEqualTo(allPrompts().size() * 8 / 10);
        }
    }
}
