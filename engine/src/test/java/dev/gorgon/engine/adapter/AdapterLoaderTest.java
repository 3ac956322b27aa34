package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Every published layout of heads, and LoRAs of odd shapes, written by the test for the demonstration model's shape. */
class AdapterLoaderTest {

    private static final int D = 256;
    private static final int V = 4096;

    private final Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 1);
    private final AdapterLoader loader = new AdapterLoader(ModelConfig.read(DemoFolders.folder("stheno-8m")), backend);
    private final Map<String, int[]> tensors = new LinkedHashMap<>();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private void save(String configFile, String config) throws IOException {
        Files.writeString(folder.resolve(configFile), config);
        StringBuilder header = new StringBuilder("{");
        long at = 0;
        for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
            long bytes = 4L * Arrays.stream(tensor.getValue()).reduce(1, (a, b) -> a * b);
            header.append(header.length() > 1 ? "," : "")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                            .formatted(tensor.getKey(), Arrays.toString(tensor.getValue()), at, at + bytes));
            at += bytes;
        }
        byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate((int) (8 + json.length + at)).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        for (int i = 0; file.hasRemaining(); i++) {
            file.putFloat((i % 17 - 8) * 0.01f);
        }
        Files.write(folder.resolve("weights.safetensors"), file.array());
    }

    private Medusa heads(int announced) throws IOException {
        save("config.json", "{\"medusa_num_heads\":" + announced + ",\"medusa_num_layers\":1,\"version\":2.0}");
        return loader.load("heads", folder).medusa().orElseThrow();
    }

    private void block(String prefix, int head, int layer) {
        tensors.put(prefix + head + "." + layer + ".linear.weight", new int[] {D, D});
        tensors.put(prefix + head + "." + layer + ".linear.bias", new int[] {D});
    }

    @Test
    void sharedHeadsWithSeveralLayersAndAPrefix() throws IOException {
        for (int head = 0; head < 2; head++) {
            block("medusa_head.", head, 0);
            block("medusa_head.", head, 1);
        }
        Medusa medusa = heads(2);
        assertThat(medusa.heads()).hasSize(2);
        assertThat(medusa.heads().getFirst().blocks()).hasSize(2);
        assertThat(medusa.heads().getFirst().lmHead()).isEmpty();
        medusa.close();
    }

    @Test
    void ownHeadsWithoutAnyLayer() throws IOException {
        tensors.put("0.0.weight", new int[] {V, D});
        Medusa medusa = heads(1);
        assertThat(medusa.heads().getFirst().blocks()).isEmpty();
        assertThat(medusa.heads().getFirst().lmHead()).isPresent();
        medusa.close();
    }

    @Test
    void theLayoutOfVllmWithoutBiases() throws IOException {
        tensors.put("blocks.0.layers.0.weight", new int[] {D, D});
        tensors.put("lm_heads.0.weight", new int[] {V, D});
        save("config.json", "{\"model_type\":\"medusa\",\"num_heads\":1}");
        Medusa medusa = loader.load("vllm", folder).medusa().orElseThrow();
        assertThat(medusa.heads().getFirst().blocks()).hasSize(1);
        medusa.close();
    }

    @Test
    void headsThatDoNotAddUp() throws IOException {
        block("", 0, 0);
        assertThatThrownBy(() -> heads(3)).hasMessageContaining("announces 3 Medusa heads, but the weights hold 1");
        Medusa one = heads(1);
        block("", 1, 0);
        Medusa two = heads(1);
        assertThat(two.heads())
                .as("tensors are right, the configuration is not")
                .hasSize(2);
        one.close();
        two.close();
        tensors.put("1.1.weight", new int[] {V, D});
        assertThatThrownBy(() -> heads(2)).hasMessageContaining("head 0 lacks an LM head of its own, but head 1 has");
        tensors.remove("1.1.weight");
        tensors.put("1.0.linear.bias", new int[] {D + 1});
        assertThatThrownBy(() -> heads(2))
                .hasMessageContaining("1.0.linear.bias has shape [257], where the model needs [256]");
        tensors.clear();
        block("", 1, 0);
        assertThatThrownBy(() -> heads(1)).hasMessageContaining("not from 0 on");
        tensors.clear();
        block("", 0, 1);
        assertThatThrownBy(() -> heads(1)).hasMessageContaining("not from 0 on");
        tensors.clear();
        tensors.put("something", new int[] {1});
        assertThatThrownBy(() -> heads(1)).hasMessageContaining("no Medusa head tensors");
    }

    private void lora(String module, int rank, int in, int out) {
        tensors.put("base_model.model." + module + ".lora_A.weight", new int[] {rank, in});
        tensors.put("base_model.model." + module + ".lora_B.weight", new int[] {out, rank});
    }

    private Lora load(String config) throws IOException {
        save("adapter_config.json", config);
        return loader.load("lora", folder).lora().orElseThrow();
    }

    @Test
    void anyRankAnyLayerAndTheLmHead() throws IOException {
        lora("model.layers.3.self_attn.q_proj", 1, D, D);
        lora("model.layers.5.mlp.down_proj", 5, 768, D);
        lora("lm_head", 12, D, V);
        Lora lora = load("{\"peft_type\":\"LORA\",\"r\":1,\"lora_alpha\":2,"
                + "\"rank_pattern\":{\"mlp.down_proj\":5,\"lm_head\":12},\"alpha_pattern\":{\"down_proj\":10}}");
        assertThat(lora.at(3, LinearTarget.Q)).isPresent();
        assertThat(lora.at(2, LinearTarget.Q)).isEmpty();
        assertThat(lora.at(5, LinearTarget.DOWN).orElseThrow().ranks()).isEqualTo(5);
        assertThat(lora.at(Lora.MODEL, LinearTarget.LM_HEAD)).isPresent();
        lora.close();
    }

    @Test
    void scalesFollowPeft() {
        LoraConfig config = LoraConfig.parse(JsonMapper.shared()
                .readTree("{\"r\":16,\"lora_alpha\":16,\"use_rslora\":true,\"rank_pattern\":{\"q_proj\":4},"
                        + "\"alpha_pattern\":{\"v_proj\":8}}"));
        assertThat(config.scale("model.layers.0.self_attn.k_proj")).isEqualTo(4);
        assertThat(config.scale("model.layers.0.self_attn.q_proj")).isEqualTo(8);
        assertThat(config.scale("model.layers.0.self_attn.v_proj")).isEqualTo(2);
    }

    @Test
    void lorasThatDoNotFit() throws IOException {
        lora("model.layers.0.self_attn.q_proj", 8, D, D + 2);
        assertThatThrownBy(() -> load("{\"r\":8}"))
                .hasMessageContaining("where the model needs [rank, 256] and [256, rank]");
        tensors.clear();
        lora("model.layers.99.self_attn.q_proj", 8, D, D);
        assertThatThrownBy(() -> load("{\"r\":8,\"base_model_name_or_path\":\"org/other\"}"))
                .isInstanceOfSatisfying(
                        AdapterException.class,
                        e -> assertThat(e.code()).isEqualTo(AdapterException.Code.INCOMPATIBLE_ADAPTER))
                .hasMessage("Adapter 'lora' is not compatible with model 'mistral': it changes"
                        + " model.layers.99.self_attn.q_proj, but the model has 8 layers. It was trained for 'org/other';"
                        + " use --model-id 'org/other' instead.");
        tensors.remove("base_model.model.model.layers.99.self_attn.q_proj.lora_B.weight");
        assertThatThrownBy(() -> load("{\"r\":8}")).hasMessageContaining("only one of lora_A and lora_B");
        tensors.clear();
        lora("model.layers.0.self_attn.qkv", 8, D, D);
        lora("model.layers.1.self_attn.qkv", 8, D, D);
        assertThatThrownBy(() -> load("{\"r\":8}"))
                .hasMessageContaining(
                        "no LoRA tensor that matches a layer of this model; it has model.layers.*.self_attn.qkv");
        for (String setting : new String[] {
            "\"use_dora\":true",
            "\"modules_to_save\":[\"lm_head\"]",
            "\"bias\":\"all\"",
            "\"peft_type\":\"IA3\"",
            "\"r\":-1"
        }) {
            String key = setting.substring(1, setting.indexOf('"', 1));
            assertThatThrownBy(() -> load("{" + setting + "}"))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining(key);
        }
    }
}
