package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

class CorsTest {
    private static final String ORIGIN = "https://app.example.org";

    private static TestServer server(CorsPolicy policy) {
        return new TestServer(
                TestServer.config(TestServer.LIMITS).toBuilder().cors(policy).build());
    }

    private static HttpResponse<String> preflight(TestServer server, String origin) {
        return server.send(server.request("/generate")
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue("access-control-" + name).orElse("none");
    }

    @Test
    void theDefaultsAreThoseOfLorax() {
        try (TestServer server = server(CorsPolicy.DEFAULT)) {
            HttpResponse<String> preflight = preflight(server, ORIGIN);
            assertThat(preflight.statusCode()).isEqualTo(200);
            assertThat(header(preflight, "allow-origin")).isEqualTo("*");
            assertThat(header(preflight, "allow-methods")).isEqualTo("GET,POST");
            assertThat(header(preflight, "allow-headers")).isEqualTo("content-type");
            assertThat(header(preflight, "allow-credentials")).isEqualTo("none");
            assertThat(header(server.generate(""), "allow-origin")).isEqualTo("*");
            assertThat(header(server.generate(""), "expose-headers")).isEqualTo("none");
        }
    }

    @Test
    void namedOriginsAreEchoedAndOthersAreNot() {
        CorsPolicy policy = new CorsPolicy(
                List.of("https://other.example", ORIGIN),
                List.of("POST"),
                List.of("content-type", "authorization"),
                List.of("x-total-time", "x-adapter-id"),
                true);
        try (TestServer server = server(policy)) {
            HttpResponse<String> preflight = preflight(server, ORIGIN);
            assertThat(header(preflight, "allow-origin")).isEqualTo(ORIGIN);
            assertThat(header(preflight, "allow-methods")).isEqualTo("POST");
            assertThat(header(preflight, "allow-headers")).isEqualTo("content-type,authorization");
            assertThat(header(preflight, "allow-credentials")).isEqualTo("true");
            assertThat(preflight.headers().firstValue("vary")).contains("origin");
            HttpResponse<String> answer =
                    server.send(server.request("/info").header("origin", ORIGIN).build());
            assertThat(header(answer, "allow-origin")).isEqualTo(ORIGIN);
            assertThat(header(answer, "expose-headers")).isEqualTo("x-total-time,x-adapter-id");

            HttpResponse<String> foreign = preflight(server, "https://evil.example");
            assertThat(foreign.statusCode()).isEqualTo(200);
            assertThat(foreign.headers().firstValue("vary")).contains("origin");
            for (String name : List.of("allow-origin", "allow-methods", "allow-headers", "allow-credentials")) {
                assertThat(header(foreign, name)).isEqualTo("none");
            }
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> new CorsPolicy(List.of("*"), List.of(), List.of(), List.of(), true))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("needs origins by name");
        assertThatThrownBy(() -> new CorsPolicy(List.of("a, b"), List.of(), List.of(), List.of(), false))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("a CORS origin must be one word");
    }
}
