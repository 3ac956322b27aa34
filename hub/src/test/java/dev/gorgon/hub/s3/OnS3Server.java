package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** A real S3 server in this process, a line to it that can be cut, and a cache for each test. */
abstract class OnS3Server {
    static S3Server server;
    static CuttingProxy proxy;

    @TempDir
    Path cache;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server();
        proxy = new CuttingProxy(server.port());
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
        server.close();
    }

    S3Source source() {
        return source(server.settings(), S3Server.KEYS);
    }

    S3Source source(S3Settings settings, AwsCredentialsProvider keys) {
        return new S3Source(settings, cache, () -> new S3Store(settings, keys, 1000));
    }

    static Located locate(S3Source source, String id) {
        return source.locate(FileRef.of(AdapterSource.S3, id), Credential.NONE);
    }

    static Path fetch(S3Source source, Located located) {
        return source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
    }

    static void adapter(String key, byte[] weights) {
        server.put(key + "/adapter_config.json", "{\"r\": 8}");
        server.put(key + "/adapter_model.safetensors", weights);
        server.put(key + "/training_args.bin", "a pickle");
        server.put(key + "/README.md", "read me");
        server.put(key + "/checkpoint-10/adapter_model.safetensors", "older");
    }

    static byte[] random(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return content;
    }

    static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    static void assertFails(Code code, String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HubException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(text);
    }
}
