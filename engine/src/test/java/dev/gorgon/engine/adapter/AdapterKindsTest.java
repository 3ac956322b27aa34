package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.AdapterFiles;
import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What published adapters look like beside the usual: names, layouts, policies, and what must be refused by name. */
class AdapterKindsTest {

    private static final int D = 256;
    private static final int V = 4096;
    private static final String Q = "model.layers.0.self_attn.q_proj";
    private static final String HEADS = "{\"medusa_num_heads\":2,\"medusa_num_layers\":1%s}";

    private final Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, 1);
    private final AdapterLoader loader =
            new AdapterLoader("stheno-8m", ModelConfig.read(DemoFolders.folder("stheno-8m")), backend);
    private final AdapterFiles files = new AdapterFiles();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private Lora lora(String config) {
        return loader.load("it", files.write(folder, "adapter_config.json", config))
                .lora()
                .orElseThrow();
    }

    private Medusa heads(String config, LoadPolicy policy) {
        return loader.load("it", files.write(folder, "config.json", config), policy)
                .medusa()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "base_model.model.,.lora_A.weight,.lora_B.weight",
        "'',.lora_A.weight,.lora_B.weight",
        "base_model.model.,.lora_A.default.weight,.lora_B.default.weight",
        "base_model.model.,.lora_A.my-adapter.weight,.lora_B.my-adapter.weight",
        "base_model.model.,.lora_A,.lora_B",
        "module.base_model.model.,.lora_A.weight,.lora_B.weight",
        "base_model.model.base_model.model.,.lora_A.weight,.lora_B.weight",
        "_orig_mod.base_model.model._orig_mod.,.lora_A.weight,.lora_B.weight",
        "_fsdp_wrapped_module.base_model.model._fsdp_wrapped_module.,.lora_A.weight,.lora_B.weight",
    })
    void namesOfAllOrigins(String prefix, String down, String up) {
        files.random(prefix + Q + down, 1, 1, 8, D).random(prefix + Q + up, 1, 1, D, 8);
        files.random(
                        prefix + "model.embed_tokens.lora_embedding_A" + (down.contains("default") ? ".default" : ""),
                        1,
                        1,
                        8,
                        V)
                .random(
                        prefix + "model.embed_tokens.lora_embedding_B" + (down.contains("default") ? ".default" : ""),
                        1,
                        1,
                        D,
                        8);
        Lora lora = lora("{\"r\":8}");
        assertThat(lora.at(0, LinearTarget.Q)).isPresent();
        assertThat(lora.embedding()).isPresent();
        lora.close();
    }

    @Test
    void twoAdaptersInOneFile() {
        files.lora(Q, 1, 8, D, D).random("base_model.model." + Q + ".lora_A.second.weight", 1, 1, 8, D);
        assertThatThrownBy(() -> lora("{\"r\":8}")).hasMessageContaining("a file must hold one adapter");
    }

    @Test
    void highRanks() {
        files.lora(Q, 1, 2048, D, D).lora("lm_head", 1, 2048, D, V);
        Lora lora = lora("{\"r\":2048,\"use_rslora\":true}");
        assertThat(lora.at(Lora.MODEL, LinearTarget.LM_HEAD)).isPresent();
        lora.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"init_lora_weights\":\"pissa_niter_16\"",
                "\"init_lora_weights\":\"olora\"",
                "\"use_dora\":true",
                "\"lora_bias\":true",
                "\"bias\":\"lora_only\"",
                "\"modules_to_save\":[\"embed_tokens\"]",
                "\"target_parameters\":[\"experts\"]",
                "\"layer_replication\":[[0,4]]",
                "\"peft_type\":\"LOHA\""
            })
    void settingsThatAreRefusedByName(String setting) {
        files.lora(Q, 1, 8, D, D);
        assertThatThrownBy(() -> lora("{\"r\":8," + setting + "}"))
                .isInstanceOfSatisfying(
                        AdapterException.class,
                        e -> assertThat(e.code()).isEqualTo(AdapterException.Code.UNSUPPORTED_ADAPTER))
                .hasMessageContaining(setting.substring(1, setting.indexOf('"', 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".lora_magnitude_vector",
                ".lora_magnitude_vector.default.weight",
                ".lora_B.bias",
                ".lora_B.default.bias"
            })
    void tensorsThatAreRefusedByName(String ending) {
        files.lora(Q, 1, 8, D, D).random("base_model.model." + Q + ending, 1, 1, D);
        assertThatThrownBy(() -> lora("{\"r\":8}"))
                .isInstanceOfSatisfying(
                        AdapterException.class,
                        e -> assertThat(e.code()).isEqualTo(AdapterException.Code.UNSUPPORTED_ADAPTER))
                .hasMessageContaining(Q + ending);
    }

    @Test
    void copiesOfTheBaseModelAreLeftOutUnlessTheyShowAnother() {
        String copy = "base_model.model.model.embed_tokens.base_layer.weight";
        files.embedding(1, 8, V, D).random(copy, 1, 1, V, D);
        Lora lora = lora("{\"r\":8}");
        assertThat(lora.embedding()).isPresent();
        lora.close();
        files.random(copy, 1, 1, V + 2, D);
        assertThatThrownBy(() -> lora("{\"r\":8,\"base_model_name_or_path\":\"org/wider\"}"))
                .isInstanceOfSatisfying(
                        AdapterException.class,
                        e -> assertThat(e.code()).isEqualTo(AdapterException.Code.INCOMPATIBLE_ADAPTER))
                .hasMessageContaining("use --model-id 'org/wider' instead");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "embed_tokens.lora_embedding_A",
                "embed_tokens.lora_embedding_B",
                "q_proj.lora_A",
                "q_proj.lora_B"
            })
    void numbersThatAreNone(String broken) {
        files.lora(Q, 1, 8, D, D).embedding(1, 8, V, D);
        int[] shape = broken.endsWith("_A") ? new int[] {8, broken.startsWith("q") ? D : V} : new int[] {D, 8};
        float[] values = new float[shape[0] * shape[1]];
        values[17] = Float.NaN;
        String name = broken.startsWith("q")
                ? "base_model.model.model.layers.0.self_attn." + broken + ".weight"
                : "base_model.model.model." + broken;
        files.put(name, shape, values);
        String config = "{\"r\":8,\"target_modules\":[\"q_proj\"]}";
        assertThatThrownBy(() -> lora(config))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("NaN at index 17");
        MergePart part = new MergePart("it", "identity", folder);
        MergeSpec spec = new MergeSpec(List.of(1.0), MergeSpec.Strategy.TIES, 0.5, MergeSpec.MajoritySign.TOTAL);
        assertThatThrownBy(() -> loader.loadMerged("merged", List.of(part), spec))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("NaN at index 17");
    }

    @Test
    void patternsThatWouldTakeYears() {
        LoraConfig config =
                LoraConfig.parse(JsonMapper.shared().readTree("{\"r\":8,\"rank_pattern\":{\"(([a-z_.0-9]+)+)+!\":4}}"));
        assertThatThrownBy(() -> config.rank("model.layers.0.self_attn.q_proj.and.then.something.long"))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining("take too long");
    }

    private void block(int head) {
        files.random(head + ".0.linear.weight", 1, 0.1, D, D).random(head + ".0.linear.bias", 1, 0.1, D);
    }

    @Test
    void headsWithLmHeadsOfTheirOwnNeedThePolicy() {
        for (int head = 0; head < 2; head++) {
            block(head);
            files.random(head + ".1.weight", 1, 0.1, V, D);
        }
        for (String version : List.of("", ",\"version\":\"1\"", ",\"version\":2")) {
            assertThatThrownBy(() -> heads(HEADS.formatted(version), LoadPolicy.DYNAMIC))
                    .isInstanceOf(AdapterException.class)
                    .hasMessage("Dynamic adapter loading is not supported for Medusa version 1.0 at this time. Instead,"
                            + " initialize the LoRAX server with the Medusa adapter and it will be applied to every"
                            + " request, or migrate to a v2 adapter.");
        }
        assertThat(heads(HEADS.formatted(""), new LoadPolicy(true, true))
                        .heads()
                        .getFirst()
                        .lmHead())
                .isPresent();
    }

    @Test
    void headsThatShareTheLmHeadNeedNone() {
        block(0);
        block(1);
        assertThat(heads(HEADS.formatted(",\"version\":\"2\""), LoadPolicy.DYNAMIC)
                        .heads())
                .hasSize(2);
        assertThat(heads(HEADS.formatted(""), LoadPolicy.DYNAMIC).heads())
                .as("the tensors decide")
                .hasSize(2);
        // tensors of the model in the same files, as a Medusa-2 checkpoint has them
        files.random("lm_head.weight", 1, 1, 8, 8).random("model.layers.0.mlp.up_proj.weight", 1, 1, 8, 8);
        assertThat(heads(HEADS.formatted(""), LoadPolicy.DYNAMIC)
                        .heads()
                        .getFirst()
                        .lmHead())
                .isEmpty();
    }

    private static String vllm(String more) {
        return "{\"model_type\":\"medusa\",\"num_heads\":2,\"num_hidden_layers\":1,\"vocab_size\":4096" + more + "}";
    }

    @Test
    void oneLmHeadForAllHeadsAsVllmWritesIt() {
        for (int head = 0; head < 2; head++) {
            files.random("medusa_heads.blocks." + head + ".layers.0.weight", 1, 0.1, D, D);
        }
        files.random("medusa_heads.lm_head.weight", 1, 0.1, V, D);
        List<Medusa.Head> own = heads(vllm(""), LoadPolicy.STATIC).heads();
        assertThat(own.getFirst().lmHead()).isPresent();
        assertThat(own.getLast().lmHead().orElseThrow())
                .isSameAs(own.getFirst().lmHead().orElseThrow());
        assertThat(heads(vllm(",\"original_lm_head\":true"), LoadPolicy.DYNAMIC)
                        .heads()
                        .getFirst()
                        .lmHead())
                .as("the base model's is in memory already")
                .isEmpty();
        assertThatThrownBy(() -> heads(vllm(",\"truncated_vocab_size\":1000"), LoadPolicy.STATIC))
                .hasMessageContaining("truncated_vocab_size 1000");
        files.random("token_map", 1, 1, 1000);
        assertThatThrownBy(() -> heads(vllm(""), LoadPolicy.STATIC)).hasMessageContaining("token_map");
    }

    @Test
    void headsOfAnotherModel() {
        files.random("0.0.linear.weight", 1, 1, 512, 512).random("0.0.linear.bias", 1, 1, 512);
        assertThatThrownBy(() ->
                        heads("{\"medusa_num_heads\":1,\"base_model_name_or_path\":\"org/other\"}", LoadPolicy.STATIC))
                .hasMessage("Adapter 'it' is not compatible with model 'stheno-8m': its Medusa tensor"
                        + " 0.0.linear.weight has shape [512, 512], where the model needs [256, 256]. It was trained for"
                        + " 'org/other'; use --model-id 'org/other' instead.");
    }
}
