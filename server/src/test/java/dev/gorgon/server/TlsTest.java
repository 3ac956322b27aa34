package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class TlsTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path stores;

    @SuppressWarnings("NullAway.Init")
    private static Path one;

    @SuppressWarnings("NullAway.Init")
    private static Path other;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    static void makeStores() throws IOException, InterruptedException {
        one = store("one.p12");
        other = store("other.p12");
    }

    private static Path store(String name) throws IOException, InterruptedException {
        Path store = stores.resolve(name);
        Process keytool = new ProcessBuilder()
                .command(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        return store;
    }

    private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD.toCharArray());
        }
        return loaded;
    }

    /** A client that trusts this server only. */
    private static HttpClient client(Path store) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", load(store).getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static TestServer server(Tls tls) {
        return new TestServer(
                TestServer.config(TestServer.LIMITS).toBuilder().tls(tls).build());
    }

    private static HttpResponse<String> generate(TestServer server, Path store, HttpClient.Version version)
            throws IOException, GeneralSecurityException, InterruptedException {
        try (HttpClient client = client(store)) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.server.port() + "/generate"))
                            .version(version)
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(TestServer.body("")))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static boolean answers(TestServer server, Path store) {
        try {
            HttpResponse<String> response = generate(server, store, HttpClient.Version.HTTP_2);
            return response.statusCode() == 200 && response.version() == HttpClient.Version.HTTP_2;
        } catch (IOException | GeneralSecurityException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END " + what + "-----\n";
    }

    @Test
    void aStoreServesBothVersionsOfHttpAndIsReadAgain() throws Exception {
        Path store = Files.copy(one, folder.resolve("server.p12"));
        try (TestServer server = server(new Tls.Pkcs12(store, PASSWORD))) {
            assertThat(answers(server, one)).isTrue();
            HttpResponse<String> old = generate(server, one, HttpClient.Version.HTTP_1_1);
            assertThat(old.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(old.body()).contains("Paris");

            Files.copy(other, store, StandardCopyOption.REPLACE_EXISTING);
            assertThat(TestServer.eventually(() -> answers(server, other))).isTrue();
            assertThat(answers(server, one)).isFalse();
        }
    }

    @Test
    void pemFilesServeAndBrokenOnesChangeNothing() throws Exception {
        Key key = load(one).getKey("server", PASSWORD.toCharArray());
        Path keyFile = Files.writeString(folder.resolve("key.pem"), pem("PRIVATE KEY", key.getEncoded()));
        Path certificate = Files.writeString(
                folder.resolve("cert.pem"),
                pem("CERTIFICATE", load(one).getCertificate("server").getEncoded()));
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger(GorgonServer.class);
        logger.addAppender(log);
        try (TestServer server = server(new Tls.Pem(certificate, keyFile))) {
            assertThat(answers(server, one)).isTrue();
            Files.writeString(certificate, "nothing\n");
            assertThat(TestServer.eventually(() -> List.copyOf(log.list).stream()
                            .anyMatch(event -> event.getFormattedMessage().contains("the old one stays"))))
                    .isTrue();
            assertThat(answers(server, one)).isTrue();
        } finally {
            logger.detachAppender(log);
        }
    }

    @Test
    void aWrongPasswordStopsTheStart() {
        Tls tls = new Tls.Pkcs12(one, "wrong-password");
        assertThat(tls.toString()).doesNotContain("wrong-password");
        assertThatThrownBy(() -> server(tls))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("Cannot listen");
    }
}
