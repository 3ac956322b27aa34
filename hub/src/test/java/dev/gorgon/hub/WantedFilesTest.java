package dev.gorgon.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WantedFilesTest {

    @Test
    void adaptersAreConfigurationAndTheBestKindOfWeights() {
        List<String> all = List.of(
                "README.md",
                "config.json",
                "adapter_config.json",
                "tokenizer.json",
                "b.safetensors",
                "a.safetensors",
                "training_args.safetensors",
                "checkpoint-1/a.safetensors",
                "adapter_model.bin",
                "medusa_lm_head.pt");
        assertThat(WantedFiles.of(Contents.ADAPTER, all))
                .containsExactly("config.json", "adapter_config.json", "a.safetensors", "b.safetensors");
    }

    @Test
    void otherKindsServeWhenThereIsNoBetterOne() {
        assertThat(WantedFiles.of(
                        Contents.ADAPTER, List.of("adapter_model.bin", "training_args.bin", "optimizer.pt", "x.pt")))
                .containsExactly("adapter_model.bin");
        assertThat(WantedFiles.of(Contents.ADAPTER, List.of("config.json", "medusa_lm_head.pt", "scheduler.pt")))
                .containsExactly("config.json", "medusa_lm_head.pt");
        assertThat(WantedFiles.weights(Contents.MODEL, List.of("pytorch_model.bin")))
                .isEmpty();
    }

    @Test
    void modelsAreConfigurationTokenizerIndexAndShards() {
        List<String> all = List.of(
                "consolidated.safetensors",
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "config.json",
                "pytorch_model.bin");
        assertThat(WantedFiles.of(Contents.MODEL, all))
                .containsExactly(
                        "config.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "model.safetensors.index.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors");
    }

    @Test
    void namesThatAreNotPlainAreNeverWanted() {
        List<String> odd = List.of(
                "../x.safetensors",
                "/x.safetensors",
                "a\\b.safetensors",
                "a\nb.safetensors",
                ".x.safetensors",
                "a:b.safetensors");
        assertThat(WantedFiles.of(Contents.ADAPTER, odd)).isEmpty();
    }
}
