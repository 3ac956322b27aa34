package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.MergePart;
import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.TokenEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Merged LoRAs against what LoRAX's formulas gave in float32, and merges of LoRAs that differ in more than their weights. */
class MergedAdaptersTest {

    private static final int D = 256;
    private static final AtomicInteger MERGES = new AtomicInteger();

    private static TestEngine engine;
    private static AdapterLoader loader;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        engine = TestEngine.plain();
        loader = new AdapterLoader(
                "stheno-8m", engine.model().decoder().config(), engine.model().backend());
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    private static MergePart demo(String name) {
        return part(DemoFolders.folder("stheno-8m-" + name));
    }

    private static MergePart part(Path folder) {
        return new MergePart(String.valueOf(folder.getFileName()), "identity of " + folder.getFileName(), folder);
    }

    private static MergeSpec spec(MergeSpec.Strategy strategy, double density, Double... weights) {
        return new MergeSpec(List.of(weights), strategy, density, MergeSpec.MajoritySign.TOTAL);
    }

    /** Under a name of its own each time: for the engine, the name is the identity of an adapter that it is simply given. */
    private static Lora merge(MergeSpec spec, MergePart... parts) {
        return loader.loadMerged("merged " + MERGES.incrementAndGet(), List.of(parts), spec);
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "ties"})
    void mergesAgreeWithLorax(String strategy) {
        MergeSpec spec = spec(MergeSpec.Strategy.parse(strategy), 0.5, 0.7, 0.3);
        Lora merged = merge(spec, demo("pirate-lora"), demo("cheer-lora"));
        assertThat(ParityTest.compare(engine, Optional.of(merged), "lorax_merge_" + strategy, true))
                .isGreaterThanOrEqualTo(ParityTest.allPrompts().size() - 2);
        merged.close();
    }

    /** The tokens and logprobs of some greedy tokens. */
    private static List<TokenEvent> answer(Adapter adapter) {
        GenerateRequest request =
                ParityTest.request(Reference.prompts().getFirst().ids(), Optional.of(adapter));
        return TestEngine.await(engine.submit(request)).events();
    }

    private Path lora(String name, long seed, float factor, String config) {
        AdapterFiles files = new AdapterFiles();
        float[] a = new float[4 * D];
        float[] b = new float[4 * D];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < a.length; i++) {
            a[i] = (float) random.nextGaussian() * 0.1f;
            b[i] = (float) random.nextGaussian() * 0.1f * factor;
        }
        return files.put("base_model.model.model.layers.2.self_attn.o_proj.lora_A.weight", new int[] {4, D}, a)
                .put("base_model.model.model.layers.2.self_attn.o_proj.lora_B.weight", new int[] {D, 4}, b)
                .write(folder.resolve(name), "adapter_config.json", config);
    }

    @Test
    void alphaAndTheSizeOfBAreTheSameThing() {
        String config = "{\"r\":4,\"lora_alpha\":%s,\"target_modules\":[\"o_proj\"]}";
        MergePart plain = part(lora("plain", 1, 1f, config.formatted(16)));
        MergePart other = part(lora("other", 2, 1f, config.formatted(16)));
        MergePart scaled = part(lora("scaled", 2, 4f, config.formatted(4)));
        for (MergeSpec spec :
                List.of(spec(MergeSpec.Strategy.LINEAR, 0, 0.6, 0.8), spec(MergeSpec.Strategy.TIES, 0.5, 1.0, 1.0))) {
            Lora expected = merge(spec, plain, other);
            Lora actual = merge(spec, plain, scaled);
            assertThat(answer(actual)).isEqualTo(answer(expected));
            expected.close();
            actual.close();
        }
        // one adapter with weight 1 is that adapter, whatever its scale
        Lora alone = merge(spec(MergeSpec.Strategy.LINEAR, 0, 1.0), scaled);
        Adapter loaded = loader.load("scaled", scaled.folder());
        assertThat(answer(alone)).isEqualTo(answer(loaded));
        alone.close();
        loaded.close();
    }

    @Test
    void modulesComeFromTheAdaptersThatHaveThem() {
        // q and v against o and down: each module from one adapter, with the weight once on A and once on B
        String config = "{\"r\":4,\"lora_alpha\":8,\"target_modules\":[\"o_proj\"]}";
        MergePart terse = demo("terse-lora");
        MergePart own = part(new AdapterFiles()
                .lora("model.layers.0.self_attn.q_proj", 5, 4, D, D)
                .embedding(5, 4, 4096, D)
                .write(folder.resolve("q"), "adapter_config.json", config));
        MergeSpec spec = spec(MergeSpec.Strategy.LINEAR, 0, 1.0, 0.0);
        Lora merged = merge(spec, terse, own);
        Adapter alone = loader.load("terse", terse.folder());
        assertThat(merged.embedding()).isPresent();
        assertThat(answer(merged)).isEqualTo(answer(alone));
        merged.close();
        alone.close();
    }

    @Test
    void randomMergesDependOnTheContentOnly() {
        MergeSpec spec = spec(MergeSpec.Strategy.DARE_TIES, 0.7, 0.9, 0.5);
        MergePart pirate = demo("pirate-lora");
        MergePart cheer = demo("cheer-lora");
        Lora first = merge(spec, pirate, cheer);
        Lora second = merge(spec, new MergePart("other name", pirate.identity(), pirate.folder()), cheer);
        Lora changed = merge(spec, new MergePart(pirate.name(), "other identity", pirate.folder()), cheer);
        assertThat(answer(second)).isEqualTo(answer(first));
        assertThat(answer(changed)).isNotEqualTo(answer(first));
        Stream.of(first, second, changed).forEach(Adapter::close);
    }

    @Test
    void whatCannotBeMerged() {
        MergeSpec two = spec(MergeSpec.Strategy.LINEAR, 0, 1.0, 1.0);
        assertThatThrownBy(() -> merge(two, demo("pirate-lora"), demo("json-lora"), demo("terse-lora")))
                .hasMessageContaining("there are 3 adapters to merge, but 2 weights");
        assertThatThrownBy(() -> merge(two, demo("json-lora"), demo("pirate-lora")))
                .isInstanceOf(AdapterException.class)
                .hasMessage("unable to merge adapters, lora configs have different ranks: {8, 16}");
        assertThatThrownBy(() -> merge(two, demo("pirate-lora"), demo("medusa")))
                .hasMessageContaining("has Medusa heads; only plain LoRA adapters can be merged");
        assertThatThrownBy(() -> merge(two, demo("pirate-lora"), demo("pirate-lora-medusa")))
                .hasMessageContaining("only plain LoRA adapters can be merged");
        assertThatThrownBy(() -> loader.loadMerged("none", List.of(), two)).hasMessage("No adapters to merge.");
        MergePart untargeted = part(lora("untargeted", 3, 1f, "{\"r\":4,\"target_modules\":[]}"));
        assertThatThrownBy(() -> merge(two, untargeted, untargeted))
                .hasMessage("unable to merge adapters, lora configs have no target modules");
        MergePart pattern = part(
                lora("pattern", 3, 1f, "{\"r\":8,\"target_modules\":[\"o_proj\"],\"rank_pattern\":{\"o_proj\":4}}"));
        MergePart wide = part(new AdapterFiles()
                .lora("model.layers.2.self_attn.o_proj", 5, 8, D, D)
                .write(folder.resolve("wide"), "adapter_config.json", "{\"r\":8,\"target_modules\":[\"o_proj\"]}"));
        assertThatThrownBy(() -> merge(two, pattern, wide))
                .hasMessageContaining("different ranks: {4, 8} for model.layers.2.self_attn.o_proj");
    }
}
