package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class S3SettingsTest {
    @Test
    void readsTheEnvironment() {
        assertThat(S3Settings.of(Map.of())).isEqualTo(S3Settings.amazon());
        S3Settings settings = S3Settings.of(Map.of(
                "S3_ENDPOINT_URL", "http://minio:9000",
                "AWS_ENDPOINT_URL", "http://other:9000",
                "PREDIBASE_MODEL_BUCKET", "adapters",
                "PREDIBASE_MODEL_FOLDER", "team/",
                "GORGON_S3_BUCKETS", "one, two"));
        assertThat(settings.endpoint()).contains(URI.create("http://minio:9000"));
        assertThat(settings.buckets()).containsExactlyInAnyOrder("one", "two");
        assertThat(settings.allows("two")).isTrue();
        assertThat(settings.allows("adapters")).isTrue();
        assertThat(settings.allows("three")).isFalse();
        assertThat(S3Address.parse("lora", settings)).isEqualTo(new S3Address("adapters", "team/lora"));
        assertThat(S3Address.parse("s3://one/lora/", settings)).isEqualTo(new S3Address("one", "lora"));
    }

    @Test
    void cloudflareHasItsOwnEndpointAndRegion() {
        S3Settings settings = S3Settings.of(Map.of("R2_ACCOUNT_ID", "0123abc", "S3_ENDPOINT_URL", "http://minio:9000"));
        assertThat(settings.endpoint()).contains(URI.create("https://0123abc.r2.cloudflarestorage.com"));
        assertThat(settings.region()).isEqualTo("auto");
    }

    @Test
    void refusesEndpointsThatAreNone() {
        for (String wrong : List.of("minio:9000", "ftp://minio", "http://", "not an address")) {
            assertThatThrownBy(() -> S3Settings.of(Map.of("S3_ENDPOINT_URL", wrong)))
                    .isInstanceOfSatisfying(
                            HubException.class, e -> assertThat(e.code()).isEqualTo(HubException.Code.NOT_CONFIGURED))
                    .hasMessageContaining("S3_ENDPOINT_URL");
        }
    }

    @Test
    void pausesGrowAndStayBounded() {
        S3Settings.Patience patience = S3Settings.Patience.DEFAULT;
        assertThat(patience.pause(1)).isEqualTo(Duration.ofSeconds(1));
        assertThat(patience.pause(3)).isEqualTo(Duration.ofSeconds(4));
        assertThat(patience.pause(1000)).isEqualTo(Duration.ofSeconds(30));
    }

    /** Who serves nothing from S3 does not pay for the SDK at the start. */
    @Test
    void theSdkIsLoadedAtTheFirstUseOnly() throws Exception {
        List<String> loaded = Collections.synchronizedList(new ArrayList<>());
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader fresh = new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                loaded.add(name);
                return super.findClass(name);
            }
        }) {
            Class<?> settingsType = fresh.loadClass(S3Settings.class.getName());
            Object settings = settingsType.getMethod("amazon").invoke(null);
            Object source = fresh.loadClass(S3Source.class.getName())
                    .getConstructor(settingsType, Path.class)
                    .newInstance(settings, Path.of("unused"));
            Class<?> refType = fresh.loadClass(FileRef.class.getName());
            Class<?> sourceType = fresh.loadClass(AdapterSource.class.getName());
            Object ref = refType.getConstructor(sourceType, String.class, Optional.class)
                    .newInstance(sourceType.getEnumConstants()[0], "no bucket", Optional.empty());
            Class<?> credentialType = fresh.loadClass(Credential.class.getName());
            assertThatThrownBy(() -> source.getClass()
                            .getMethod("locate", refType, credentialType)
                            .invoke(source, ref, credentialType.getField("NONE").get(null)))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .hasMessageContaining("Invalid model_id");
        }
        assertThat(loaded).contains(S3Address.class.getName()).noneMatch(name -> name.startsWith("software.amazon."));
    }
}
