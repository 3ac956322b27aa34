package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.hub.huggingface.FakeHub;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code gorgon push} as users run it, and the server that loads what was pushed. */
class PushedHeadsTest {
    private static final String PROMPT = "[INST] Write a short story about a fox named Ruby. [/INST]";

    private final Path heads = EmbeddedDemo.folder("stheno-8m-medusa").orElseThrow();
    private final FakeHub hub = FakeHub.start();

    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        hub.close();
    }

    private Map<String, String> environment(String token) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "HF_ENDPOINT", hub.endpoint().toString(),
                "HF_HUB_OFFLINE", "0",
                "HF_HOME", folder.toString()));
        if (!token.isEmpty()) {
            environment.put("HF_TOKEN", token);
        }
        return environment;
    }

    /** Exit status and everything that was said. */
    private record Said(int status, String text) {}

    private Said push(String token, String... arguments) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of("push"));
        all.addAll(List.of(arguments));
        try (Gorgon gorgon = Gorgon.start(environment(token), all.toArray(String[]::new))) {
            int status = gorgon.exit();
            return new Said(status, String.join("\n", gorgon.log()));
        }
    }

    @Test
    void whatIsPushedIsServed() throws InterruptedException {
        Said first = push("hf_alice", heads.toString(), "alice/heads", "--create", "--private");
        assertThat(first.status()).as(first.text()).isZero();
        Said again = push("hf_alice", heads.toString(), "alice/heads");
        assertThat(again.status()).as(again.text()).isZero();
        assertThat(hub.uploads().commits()).as("nothing had changed").hasSize(1);

        String pushed = ",\"adapter_id\":\"alice/heads\",\"adapter_source\":\"hub\"";
        try (Gorgon server = Gorgon.serve(environment(""), "--adapter-id", "none")) {
            assertThat(server.post("/generate", Gorgon.body(PROMPT, "\"max_new_tokens\":40" + pushed))
                            .statusCode())
                    .as("the repository is private")
                    .isEqualTo(424);
            JsonNode plain = server.generate(PROMPT, "\"max_new_tokens\":40");
            JsonNode drafted = server.generate(PROMPT, "\"max_new_tokens\":40,\"api_token\":\"hf_alice\"" + pushed);
            assertThat(drafted.path("generated_text")).isEqualTo(plain.path("generated_text"));
            assertThat(drafted.path("details").path("tokens"))
                    .as("the heads were right now and then")
                    .anyMatch(token -> token.path("skipped").asBoolean());
        }
    }

    @Test
    void mistakesAreSaid() throws InterruptedException {
        Said nobody = push("", heads.toString(), "alice/heads", "--create");
        assertThat(nobody.status()).isNotZero();
        assertThat(nobody.text()).contains("token");
        Said nowhere = push("hf_alice", folder.resolve("none").toString(), "alice/heads", "--create");
        assertThat(nowhere.status()).isNotZero();
        assertThat(nowhere.text()).contains("none");
        Said missing = push("hf_alice", heads.toString(), "alice/heads");
        assertThat(missing.status()).isNotZero();
        assertThat(missing.text()).contains("--create");
        assertThat(hub.uploads().commits()).isEmpty();
    }
}
