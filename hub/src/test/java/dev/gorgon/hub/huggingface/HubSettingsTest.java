package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.HubException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubSettingsTest {
    private static final Path HOME = Path.of("/home/somebody");

    private static HubSettings of(String... pairs) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            environment.put(pairs[i], pairs[i + 1]);
        }
        return HubSettings.fromEnvironment(environment, HOME);
    }

    @Test
    void defaultsAreThoseOfPython() {
        HubSettings settings = of();
        assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(settings.cache()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
        assertThat(settings.offline()).isFalse();
        assertThat(settings.symlinks()).isTrue();
        assertThat(settings.token().isPresent()).isFalse();
        assertThat(settings.shareToken()).isFalse();
    }

    @Test
    void theCacheIsFoundInPythonsOrder() {
        assertThat(of("XDG_CACHE_HOME", "/x").cache()).isEqualTo(Path.of("/x/huggingface/hub"));
        assertThat(of("XDG_CACHE_HOME", "/x", "HF_HOME", "~/hf").cache()).isEqualTo(HOME.resolve("hf/hub"));
        assertThat(of("HF_HOME", "$DISK/${NAME}/$NONE", "DISK", "/d", "NAME", "n")
                        .cache())
                .isEqualTo(Path.of("/d/n/$NONE/hub"));
        assertThat(of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old").cache()).isEqualTo(Path.of("/old"));
        assertThat(of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "/new").cache())
                .isEqualTo(Path.of("/new"));
        assertThat(of("HF_HUB_CACHE", "").cache()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
    }

    @Test
    void switchesTakePythonsWords() {
        for (String yes : new String[] {"1", "true", "TRUE", "Yes", "on"}) {
            assertThat(of("HF_HUB_OFFLINE", yes).offline()).isTrue();
        }
        for (String no : new String[] {"0", "false", "", "2"}) {
            assertThat(of("HF_HUB_OFFLINE", no).offline()).isFalse();
        }
        assertThat(of("TRANSFORMERS_OFFLINE", "1").offline()).isTrue();
        assertThat(of("HF_HUB_DISABLE_SYMLINKS", "1").symlinks()).isFalse();
        assertThat(of("LORAX_USE_GLOBAL_HF_TOKEN", "1").shareToken()).isTrue();
    }

    @Test
    void tokensComeFromTheEnvironmentOrTheFileOfTheLogin(@TempDir Path home) throws IOException {
        assertThat(of("HUGGING_FACE_HUB_TOKEN", "old").token().token()).isEqualTo("old");
        assertThat(of("HUGGING_FACE_HUB_TOKEN", "old", "HF_TOKEN", " new\n")
                        .token()
                        .token())
                .isEqualTo("new");
        Files.writeString(home.resolve("token"), "filed\n");
        assertThat(of("HF_HOME", home.toString()).token().token()).isEqualTo("filed");
        assertThat(of("HF_TOKEN_PATH", home.resolve("token").toString()).token().token())
                .isEqualTo("filed");
        assertThat(of("HF_HOME", home.toString(), "HF_TOKEN", "t").toString()).doesNotContain("=t,");
    }

    @Test
    void endpointsAreAddresses() {
        assertThat(of("HF_ENDPOINT", "http://localhost:8080/").endpoint())
                .isEqualTo(URI.create("http://localhost:8080"));
        for (String wrong : new String[] {"huggingface.co", "ftp://x", "http://", "ht tp://x"}) {
            assertThatThrownBy(() -> of("HF_ENDPOINT", wrong))
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("HF_ENDPOINT");
        }
    }
}
