package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** {@code gorgon train} as users run it: the recipe's command line, kills in the middle, and the server that loads the result. */
class TrainedHeadsTest {

    @TempDir
    Path folder;

    /** Some conversations of one domain: enough to learn a little in seconds. */
    private Path data(int count) throws IOException {
        JsonNode all = JsonMapper.shared()
                .readTree(Files.readAllBytes(EmbeddedDemo.data().resolve("prompts-sharegpt.json")));
        ArrayNode some = JsonMapper.shared().createArrayNode();
        for (JsonNode conversation : all) {
            if (conversation.path("id").asString("").startsWith("story-") && some.size() < count) {
                some.add(conversation);
            }
        }
        return Files.writeString(folder.resolve("data.json"), some.toString());
    }

    private List<String> command(Path data, String output, String... more) {
        List<String> command = new ArrayList<>(List.of(
                "train",
                "--model_name_or_path=stheno-8m",
                "--data_path",
                data.toString(),
                "--bf16",
                "True",
                "--output_dir",
                folder.resolve(output).toString(),
                "--num_train_epochs",
                "4",
                "--per_device_train_batch_size",
                "4",
                "--per_device_eval_batch_size",
                "4",
                "--gradient_accumulation_steps",
                "2",
                "--evaluation_strategy",
                "no",
                "--save_strategy",
                "steps",
                "--save_steps",
                "2",
                "--learning_rate",
                "3e-3",
                "--weight_decay",
                "0.0",
                "--warmup_ratio",
                "0.1",
                "--lr_scheduler_type",
                "cosine",
                "--logging_steps",
                "1",
                "--tf32",
                "True",
                "--model_max_length",
                "2048",
                "--lazy_preprocess",
                "True",
                "--medusa_num_heads",
                "3",
                "--medusa_num_layers",
                "1"));
        command.addAll(Arrays.asList(more));
        return command;
    }

    private static void run(List<String> command) throws InterruptedException {
        try (Gorgon gorgon = Gorgon.start(command.toArray(String[]::new))) {
            assertThat(gorgon.process().waitFor(300, TimeUnit.SECONDS)).isTrue();
            assertThat(gorgon.process().exitValue())
                    .as(() -> String.join("\n", gorgon.log()))
                    .isZero();
        }
    }

    private byte[] weights(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name).resolve("medusa_lm_head.safetensors"));
    }

    @Test
    void theRecipesCommandLineMakesHeadsThatTheServerLoadsPerRequest() throws Exception {
        Path data = data(60);
        run(command(data, "heads", "--eval_fraction", "0.1"));
        JsonNode report = JsonMapper.shared().readTree(folder.resolve("heads/training.json"));
        assertThat(report.path("steps").asInt())
                .isEqualTo(report.path("log").size())
                .isGreaterThan(20);
        assertThat(report.path("command").path("learning_rate").asString()).isEqualTo("0.003");
        assertThat(Files.readString(folder.resolve("heads/README.md"))).contains("Held-out conversations", "| 2 |");
        String prompt = "[INST] Write a short story about a fox named Ruby. [/INST]";
        String heads = ",\"adapter_id\":\"" + folder.resolve("heads") + "\",\"adapter_source\":\"local\"";
        try (Gorgon server = Gorgon.serve("--adapter-id", "none", "--adaptive-drafts", "false")) {
            JsonNode plain = server.generate(prompt, "\"max_new_tokens\":60");
            JsonNode drafted = server.generate(prompt, "\"max_new_tokens\":60" + heads);
            assertThat(drafted.path("generated_text")).isEqualTo(plain.path("generated_text"));
            long skipped = drafted.path("details")
                    .path("tokens")
                    .valueStream()
                    .filter(token -> token.path("skipped").asBoolean())
                    .count();
            assertThat(skipped).as("tokens that the heads guessed").isGreaterThan(10);
        }
    }

    @Test
    void aTrainingThatIsKilledGoesOnToTheSameBits() throws Exception {
        killed(3);
    }

    @Test
    @Tag("slow")
    void itDoesNotMatterHowOftenATrainingIsKilled() throws Exception {
        killed(25);
    }

    private void killed(int kills) throws Exception {
        Path data = data(60);
        run(command(data, "whole"));
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < kills; i++) {
            List<String> command = command(data, "parts", "--resume", "--threads", "1");
            try (Gorgon gorgon = Gorgon.start(command.toArray(String[]::new))) {
                gorgon.process().waitFor(random.nextInt(500, 3500), TimeUnit.MILLISECONDS);
                if (!gorgon.process().isAlive()) {
                    break;
                }
                gorgon.process().destroyForcibly().waitFor();
            }
        }
        if (!Files.exists(folder.resolve("parts/training.json"))) {
            run(command(data, "parts", "--resume"));
        }
        assertThat(weights("parts")).isEqualTo(weights("whole"));
        assertThat(folder.resolve("parts/training.checkpoint")).doesNotExist();
        JsonNode parts = JsonMapper.shared().readTree(folder.resolve("parts/training.json"));
        JsonNode whole = JsonMapper.shared().readTree(folder.resolve("whole/training.json"));
        assertThat(parts.path("log")).isEqualTo(whole.path("log"));
    }

    @Test
    void wrongArgumentsAreOneClearLine() throws Exception {
        assertThat(refusal("--medusa_num_head", "3")).contains("did you mean --medusa_num_heads?");
        assertThat(refusal("--lr_scheduler_type", "polynomial")).contains("choose constant");
        assertThat(refusal("--data_path", "missing.json")).contains("cannot read missing.json");
    }

    private String refusal(String... wrong) throws InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("train", "--output_dir", folder.resolve("refused").toString()));
        if (!wrong[0].equals("--data_path")) {
            command.addAll(List.of("--data_path", "prompts-sharegpt.json"));
        }
        command.addAll(Arrays.asList(wrong));
        try (Gorgon gorgon = Gorgon.start(command.toArray(String[]::new))) {
            assertThat(gorgon.exit()).isNotZero();
            Thread.sleep(200); // the reader of its output is a thread of its own
            return String.join("\n", gorgon.log());
        }
    }
}
