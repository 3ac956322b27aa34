package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Names, servers and credentials that do not lead anywhere, and what is said about them. */
class S3RefusalTest extends OnS3Server {
    @Test
    void refusesEndlessListings() {
        server.put("endless/config.json", "{}");
        server.falsifyListings(page -> page.toBuilder()
                .isTruncated(true)
                .nextContinuationToken("again")
                .build());
        try {
            assertFails(Code.INVALID_NAME, "more than 10000 files", () -> locate(source(), "models/endless"));
        } finally {
            server.falsifyListings(page -> page);
        }
    }

    @Test
    void hostileKeysFromTheServerNeverBecomePaths() {
        adapter("hostile", random(100, 13));
        try {
            for (String name : List.of("a\\..\\b.safetensors", "..safetensors", "we ird.safetensors")) {
                falsify("hostile/" + name);
                assertFails(Code.INVALID_NAME, "rename it", () -> locate(source(), "models/hostile"));
            }
            falsify("../../etc/x.safetensors");
            assertFails(Code.DAMAGED, "cannot be trusted", () -> locate(source(), "models/hostile"));
        } finally {
            server.falsifyListings(page -> page);
        }
    }

    private static void falsify(String key) {
        server.falsifyListings(page -> page.toBuilder()
                .contents(Stream.concat(
                                page.contents().stream(),
                                Stream.of(S3Object.builder()
                                        .key(key)
                                        .size(1L)
                                        .eTag("\"0\"")
                                        .build()))
                        .toList())
                .build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3://models",
                "s3://models/",
                "models",
                "models//x",
                "models/../x",
                "models/a/../b",
                "models/a/./b",
                "models/a b",
                "models/a\u0000b",
                "models/a\nb",
                "models/a\\b",
                "models/ä",
                "../models/x",
                "s3:///x",
                "mo dels/x"
            })
    void oddNamesAreRefused(String id) {
        assertFails(Code.INVALID_NAME, "Invalid model_id ", () -> locate(source(), id));
    }

    @Test
    void theTextsAreLorax() {
        assertThatThrownBy(() -> locate(source(), "s3://models"))
                .hasMessage("Invalid model_id s3://models. model_id should be of the form `s3://bucket_name/model_id`");
        assertThatThrownBy(() -> locate(source(), "models"))
                .hasMessage(
                        "Invalid model_id models. model_id should be of the form `bucket_name/model_id` if PREDIBASE_MODEL_BUCKET environment variable is not set");
        server.put("several-1/config.json", "{}");
        server.put("several-2/config.json", "{}");
        assertFails(
                Code.INVALID_NAME,
                "Multiple models found for model_id s3://models/several",
                () -> locate(source(), "models/several"));
        server.put("headless/config.json", "{}");
        assertFails(
                Code.NOT_FOUND,
                "No .safetensors weights found for model s3://models/headless",
                () -> fetch(source(), locate(source(), "models/headless")));
        server.put("unconfigured/a.safetensors", "weights");
        assertFails(
                Code.NOT_FOUND,
                "No valid adapter config file found: tried s3://models/unconfigured/adapter_config.json and s3://models/unconfigured/config.json",
                () -> fetch(source(), locate(source(), "models/unconfigured")));
    }

    @Test
    void bucketsCanBeNarrowedAndHaveNoRevisions() {
        S3Settings plain = server.settings();
        S3Settings narrow =
                new S3Settings(plain.endpoint(), "us-east-1", Optional.empty(), "", Set.of("other"), S3Server.PATIENCE);
        assertFails(
                Code.ACCESS_DENIED,
                "GORGON_S3_BUCKETS",
                () -> locate(source(narrow, S3Server.KEYS), "models/plain/lora"));
        assertFails(
                Code.INVALID_NAME,
                "no revisions",
                () -> source().locate(new FileRef(AdapterSource.S3, "models/x", Optional.of("main")), Credential.NONE));
    }

    @Test
    void whatIsMissingIsNotFound() {
        assertFails(Code.NOT_FOUND, "no bucket 'nowhere'", () -> locate(source(), "nowhere/x"));
        assertFails(Code.NOT_FOUND, "nothing at s3://models/nothing", () -> locate(source(), "models/nothing"));
    }

    @Test
    void wrongKeysAreTheOperatorsBusiness() {
        assertFails(
                Code.ACCESS_DENIED,
                "does not accept the server's AWS credentials",
                () -> locate(source(server.settings(), S3Server.keys("gorgon", "wrong")), "models/x"));
        assertFails(
                Code.ACCESS_DENIED,
                "does not accept the server's AWS credentials",
                () -> locate(source(server.settings(), S3Server.keys("nobody", "wrong")), "models/x"));
    }

    @Test
    void publicBucketsNeedNoKeys() throws Exception {
        AwsCredentialsProvider none = () -> {
            throw SdkClientException.create("no credentials in this test");
        };
        assertFails(
                Code.ACCESS_DENIED,
                "has no AWS credentials",
                () -> locate(source(server.settings(), none), "models/x"));
        try (S3Server open = new S3Server()) {
            open.put("free/config.json", "{}");
            open.put("free/a.safetensors", "weights");
            open.makePublic("free/config.json", "free/a.safetensors");
            S3Source source = source(open.settings(), none);
            assertThat(names(fetch(source, locate(source, "models/free"))))
                    .containsExactly("a.safetensors", "config.json");
        }
    }

    @Test
    void aServerThatIsNotThereIsUnreachable() throws IOException {
        int port;
        try (var socket = new java.net.ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertFails(
                Code.UNREACHABLE,
                "S3_ENDPOINT_URL",
                () -> locate(source(S3Server.settings(port), S3Server.KEYS), "models/x"));
    }
}
