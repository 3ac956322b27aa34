package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What comes out of a bucket, and under which version. Against a real S3 server in this process. */
class S3SourceTest extends OnS3Server {
    @Test
    void bringsTheFilesOfAnAdapterAndNothingElse() throws IOException {
        byte[] weights = random(100_000, 1);
        adapter("plain/lora", weights);
        List<String> heard = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public synchronized void begin(String file, long bytes, long present) {
                heard.add("begin " + file + " " + bytes + " " + present);
            }

            @Override
            public synchronized void end(String file) {
                heard.add("end " + file);
            }
        };
        Located located = locate(source(), "s3://models/plain/lora");
        assertThat(located.restricted()).isFalse();
        Path folder = source().fetch(located, Contents.ADAPTER, Credential.NONE, progress);
        assertThat(cache.relativize(folder)).hasToString("models--models--plain--lora/snapshots/" + located.version());
        assertThat(names(folder)).containsExactly("adapter_config.json", "adapter_model.safetensors");
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(weights);
        assertThat(heard)
                .containsExactlyInAnyOrder(
                        "begin adapter_config.json 8 0",
                        "end adapter_config.json",
                        "begin adapter_model.safetensors 100000 0",
                        "end adapter_model.safetensors");
        assertThat(names(folder.getParent().resolveSibling("incomplete"))).isEmpty();
    }

    @Test
    void pickledWeightsComeOnlyWithoutSafetensors() throws IOException {
        server.put("pickled/config.json", "{}");
        server.put("pickled/medusa_lm_head.pt", "weights");
        assertThat(names(fetch(source(), locate(source(), "models/pickled"))))
                .containsExactly("config.json", "medusa_lm_head.pt");
        server.put("pickled/adapter_model.bin", "weights");
        assertThat(names(fetch(source(), locate(source(), "models/pickled"))))
                .containsExactly("adapter_model.bin", "config.json");
    }

    @Test
    void aModelHasTokenizerAndAllShards() throws IOException {
        for (String name :
                List.of("config.json", "tokenizer.json", "model-1.safetensors", "model-2.safetensors", "a.bin")) {
            server.put("base/" + name, name);
        }
        S3Source source = source();
        Located located = locate(source, "models/base");
        Path model = source.fetch(located, Contents.MODEL, Credential.NONE, Progress.NONE);
        assertThat(names(model))
                .containsExactly("config.json", "model-1.safetensors", "model-2.safetensors", "tokenizer.json");
        assertThat(fetch(source, located)).isNotEqualTo(model);
    }

    @Test
    void readsLongListingsPageByPage() {
        server.put("paged/config.json", "{}");
        for (int i = 0; i < 25; i++) {
            server.put("paged/part-%02d.safetensors".formatted(i), "part " + i);
        }
        S3Source small = new S3Source(server.settings(), cache, () -> new S3Store(server.settings(), S3Server.KEYS, 7));
        assertThat(locate(small, "models/paged").version())
                .isEqualTo(locate(source(), "models/paged").version());
        assertThat(new S3Store(server.settings(), S3Server.KEYS, 7).list(new S3Address("models", "paged")))
                .hasSize(26);
    }

    @Test
    void aVersionNamesTheContent() throws IOException {
        adapter("changing", random(1000, 2));
        S3Source source = source();
        Located first = locate(source, "models/changing");
        Path folder = fetch(source, first);
        server.put("changing/README.md", "other words");
        assertThat(locate(source, "models/changing")).isEqualTo(first);

        byte[] newWeights = random(1000, 3);
        server.put("changing/adapter_model.safetensors", newWeights);
        Located second = locate(source, "models/changing");
        assertThat(second.version()).isNotEqualTo(first.version());
        Path newFolder = fetch(source, second);
        assertThat(Files.readAllBytes(newFolder.resolve("adapter_model.safetensors")))
                .isEqualTo(newWeights);
        assertThat(fetch(source, first)).isEqualTo(folder);
        assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(random(1000, 2));
    }

    @Test
    void samePathsOfDifferentAddressesStayApart() throws IOException {
        adapter("twin--one", random(100, 6));
        adapter("twin/one", random(100, 7));
        S3Source source = source();
        Path dashes = fetch(source, locate(source, "models/twin--one"));
        Path slash = fetch(source, locate(source, "models/twin/one"));
        assertThat(dashes.getParent()).isEqualTo(slash.getParent());
        assertThat(Files.readAllBytes(dashes.resolve("adapter_model.safetensors")))
                .isEqualTo(random(100, 6));
        assertThat(Files.readAllBytes(slash.resolve("adapter_model.safetensors")))
                .isEqualTo(random(100, 7));
    }

    @Test
    void aModelBucketMakesNamesShort() {
        adapter("team/short", random(10, 14));
        S3Settings plain = server.settings();
        S3Settings inBucket = new S3Settings(
                plain.endpoint(), "us-east-1", Optional.of("models"), "team", Set.of(), S3Server.PATIENCE);
        assertThat(locate(source(inBucket, S3Server.KEYS), "short").version())
                .isEqualTo(locate(source(), "models/team/short").version());
    }
}
