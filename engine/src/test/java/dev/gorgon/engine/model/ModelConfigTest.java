package dev.gorgon.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigTest {

    private static final String GOOD = "{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":96,"
            + "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"vocab_size\":320}";

    @TempDir
    Path folder;

    private ModelConfig read(String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
        return ModelConfig.read(folder);
    }

    @Test
    void theDemoModel() {
        ModelConfig config = ModelConfig.read(DemoFolders.folder("stheno-8m"));
        assertThat(config.hiddenSize()).isEqualTo(256);
        assertThat(config.kvHeads()).isEqualTo(2);
        assertThat(config.slidingWindow()).isZero();
        assertThat(config.rope()).isEqualTo(new Rope(10_000, new Rope.None()));
        assertThat(GenerationDefaults.read(DemoFolders.folder("stheno-8m"), OptionalInt.empty())
                        .eosTokens())
                .containsExactly(2);
    }

    @Test
    void whatIsNotSaidHasTheFamiliesDefault() throws IOException {
        ModelConfig config = read(GOOD);
        assertThat(config.kvHeads()).isEqualTo(4);
        assertThat(config.headDim()).isEqualTo(16);
        assertThat(config.qkvBias()).isFalse();
        assertThat(read(GOOD.replace("llama", "qwen2")).qkvBias()).isTrue();
        assertThat(read(GOOD.replace("}", ",\"sliding_window\":9}")).slidingWindow())
                .isZero();
        assertThat(read(GOOD.replace("llama", "mistral").replace("}", ",\"sliding_window\":9}"))
                        .slidingWindow())
                .isEqualTo(9);
        assertThat(read(GOOD.replace("}", ",\"rope_theta\":5e5,\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.0}}"))
                        .rope())
                .isEqualTo(new Rope(500_000, new Rope.Linear(2)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"llama\" | \"gpt2\" | supported are llama, mistral, qwen2",
                "\"hidden_size\":64 | \"hidden_size\":-64 | hidden_size is -64",
                "\"hidden_size\":64 | \"hidden_size\":\"64\" | hidden_size is \"64\"",
                "\"hidden_size\":64 | \"hidden_size\":64.5 | whole number",
                "\"hidden_size\":64 | \"hidden_size\":99999999999 | whole number",
                "\"hidden_size\":64 | \"hidden_size\":66 | not a multiple",
                "\"hidden_size\":64, | | lacks hidden_size",
                "\"vocab_size\":320 | \"vocab_size\":320,\"num_key_value_heads\":3 | cannot share 3",
                "\"vocab_size\":320 | \"vocab_size\":320,\"hidden_act\":\"gelu\" | supported is silu",
                "\"vocab_size\":320 | \"vocab_size\":320,\"quantization_config\":{} | quantized",
                "\"vocab_size\":320 | \"vocab_size\":320,\"head_dim\":15 | must be even",
                "\"vocab_size\":320 | \"vocab_size\":320,\"attention_bias\":\"yes\" | true or false",
                "\"vocab_size\":320 | \"vocab_size\":320,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2} | rope type yarn",
                "\"vocab_size\":320 | \"vocab_size\":320,\"rope_scaling\":{\"rope_type\":\"linear\"} | lack factor",
                "\"vocab_size\":320 | \"vocab_size\":320,\"rope_scaling\":7 | must be an object",
                "\"vocab_size\":320} | \"vocab_size\":320 | not valid JSON",
            })
    void refusesWhatItCannotServe(String from, String to, String message) throws IOException {
        String json = GOOD.replace(from, to == null ? "" : to);
        assertThatThrownBy(() -> read(json)).isInstanceOf(ModelException.class).hasMessageContaining(message);
    }

    @Test
    void aFolderWithoutConfigurationIsNoModel() {
        assertThatThrownBy(() -> ModelConfig.read(folder)).hasMessageContaining("there is no config.json");
    }

    @Test
    void endOfSequenceTokens() throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":[7,9]}");
        assertThat(GenerationDefaults.read(folder, OptionalInt.of(2)).eosTokens())
                .containsExactlyInAnyOrder(7, 9);
        Files.writeString(folder.resolve("generation_config.json"), "{}");
        assertThat(GenerationDefaults.read(folder, OptionalInt.of(2)).eosTokens())
                .containsExactly(2);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":\"x\"}");
        assertThatThrownBy(() -> GenerationDefaults.read(folder, OptionalInt.of(2)))
                .hasMessageContaining("eos_token_id");
    }
}
