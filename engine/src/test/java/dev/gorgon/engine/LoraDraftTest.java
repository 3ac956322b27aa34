package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.HeadProbe;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** LoRAs of the embeddings and the LM head together with drafts: the results are those of plain decoding, the drafts know of them. */
class LoraDraftTest {

    private static final int D = 256;
    private static final int V = 4096;
    private static final String CONFIG = "{\"r\":3,\"lora_alpha\":6}";

    @TempDir
    Path folder;

    /** One LoRA that changes everything a bit. */
    private Path everywhere() {
        return new AdapterFiles()
                .lora("model.layers.0.self_attn.q_proj", 7, 3, D, D)
                .lora("model.layers.3.mlp.up_proj", 7, 3, D, 768)
                .lora("lm_head", 7, 3, D, V)
                .embedding(7, 3, V, D)
                .write(folder.resolve("everywhere"), "adapter_config.json", CONFIG);
    }

    /** One that changes the LM head only, but so that other tokens win. */
    private Path head(long seed) {
        return new AdapterFiles()
                .lora("lm_head", seed, 3, D, V)
                .write(folder.resolve("head" + seed), "adapter_config.json", "{\"r\":3,\"lora_alpha\":9}");
    }

    private static GenerateRequest request(int[] prompt, AdapterSelection adapter) {
        return new GenerateRequest(
                prompt,
                adapter,
                SamplingParameters.GREEDY,
                32,
                List.of(),
                true,
                false,
                0,
                GenerateRequest.ANY_SPECULATION);
    }

    /** Every prompt with every adapter, all at once. */
    private static List<Workload.Answer> run(TestEngine engine, List<AdapterSelection> adapters) {
        List<CompletableFuture<TestEngine.Result>> results = new ArrayList<>();
        for (Reference.Prompt prompt : Reference.prompts().subList(0, 6)) {
            for (AdapterSelection adapter : adapters) {
                results.add(engine.submit(request(prompt.ids(), adapter)));
            }
        }
        return results.stream()
                .map(result -> Workload.Answer.of(TestEngine.await(result)))
                .toList();
    }

    private List<AdapterSelection> adapters(TestEngine engine, List<Adapter> opened) {
        AdapterLoader loader = new AdapterLoader(
                engine.model().decoder().config(), engine.model().backend());
        opened.add(loader.load("everywhere", everywhere()));
        opened.add(loader.load("head 1", head(1)));
        opened.add(loader.load("head 2", head(2)));
        List<AdapterSelection> selections = new ArrayList<>(List.of(AdapterSelection.BASE));
        opened.forEach(adapter -> selections.add(AdapterSelection.of(adapter)));
        return selections;
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"F32", "BF16", "Q4"})
    void answersDoNotDependOnDraftsAndCompany(WeightFormat format) {
        List<Workload.Answer> plain;
        List<Adapter> opened = new ArrayList<>();
        EngineOptions alone = new EngineOptions(1, 512, 0, 200, 0, false, false);
        try (TestEngine engine = new TestEngine(format, 1, alone, "", Drafter.NONE)) {
            plain = run(engine, adapters(engine, opened));
            opened.forEach(Adapter::close);
            opened.clear();
        }
        try (TestEngine engine = new TestEngine(
                format, 3, new EngineOptions(24, 40, 96, 400, 8, false, false), "stheno-8m-medusa", Drafter.NONE)) {
            List<Workload.Answer> drafted = run(engine, adapters(engine, opened));
            opened.forEach(Adapter::close);
            for (int i = 0; i < plain.size(); i++) {
                assertThat(drafted.get(i).same(plain.get(i))).as("answer %d", i).isTrue();
            }
            assertThat(engine.engine().stats().acceptedTokens()).isPositive();
        }
    }

    /** With a LoRA of the LM head alone, drafts must be those of a model whose LM head is the sum. */
    @Test
    void draftsGoThroughTheLoraOfTheLmHead() {
        Path adapter = head(1);
        List<int[]> prompts = Reference.prompts().stream()
                .limit(12)
                .map(Reference.Prompt::ids)
                .toList();
        EngineOptions options = TestEngine.options();
        LanguageModel folded = ModelLoader.loadMerged(
                "folded",
                DemoFolders.folder("stheno-8m"),
                adapter,
                new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 2),
                options);
        try (TestEngine beside = new TestEngine(WeightFormat.F32, 2, options, "stheno-8m-medusa", Drafter.NONE)) {
            AdapterLoader loader = new AdapterLoader(
                    beside.model().decoder().config(), beside.model().backend());
            Adapter lora = loader.load("head", adapter);
            assertThat(lora.lora().orElseThrow().at(-1, LinearTarget.LM_HEAD)).isPresent();
            int expected = 0;
            int accepted = 0;
            Adapter heads = loader.load("heads", DemoFolders.folder("stheno-8m-medusa"));
            try (folded;
                    Engine summed = new Engine(folded, options, Optional.empty())) {
                for (int[] prompt : prompts) {
                    expected += TestEngine.await(TestEngine.submit(summed, request(prompt, AdapterSelection.of(heads))))
                            .completion()
                            .acceptedTokens();
                    accepted += beside.run(request(prompt, AdapterSelection.of(lora)))
                            .completion()
                            .acceptedTokens();
                }
            }
            heads.close();
            System.out.println("guesses accepted: " + accepted + ", with the LoRA folded in: " + expected);
            assertThat(Math.abs(accepted - expected)).isLessThanOrEqualTo(2);
            lora.close();
        }
    }

    @Test
    void aProbeTellsForeignHeadsFromGoodOnes() throws Exception {
        AdapterFiles random = new AdapterFiles();
        for (int head = 0; head < 3; head++) {
            random.random(head + ".0.linear.weight", 11, 0.5, D, D).random(head + ".0.linear.bias", 11, 0.5, D);
        }
        random.write(folder, "config.json", "{\"medusa_num_heads\":3,\"medusa_num_layers\":1,\"version\":\"2\"}");
        EngineOptions adaptive = new EngineOptions(8, 256, 32, 200, 8, false, true);
        try (TestEngine engine = new TestEngine(WeightFormat.BF16, 2, adaptive, "", Drafter.NONE)) {
            Adapter heads = new AdapterLoader(
                            engine.model().decoder().config(), engine.model().backend())
                    .load("foreign", folder);
            HeadProbe.Outcome foreign = probe(engine, AdapterSelection.of(heads));
            System.out.println("probe of random heads: " + foreign);
            assertThat(foreign.guesses()).isGreaterThan(20);
            assertThat(foreign.isSuspicious()).isTrue();
            HeadProbe.Outcome good = probe(engine, AdapterSelection.of(engine.adapter("stheno-8m-medusa")));
            System.out.println("probe of good heads: " + good);
            assertThat(good.held()).isGreaterThan(2);
            assertThat(good.isSuspicious()).isFalse();
            assertThat(probe(engine, AdapterSelection.BASE)).isEqualTo(new HeadProbe.Outcome(0, 0));
            heads.close();
        }
    }

    private static HeadProbe.Outcome probe(TestEngine engine, AdapterSelection selection) throws Exception {
        Engine serving = engine.engine();
        return HeadProbe.start(serving, selection, "probed").get(60, TimeUnit.SECONDS);
    }
}
