package dev.gorgon.server;

import dev.gorgon.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A server over a fake engine that traces its requests; for tests of other packages. */
public final class TracedServer implements AutoCloseable {
    private final FakeInference engine = new FakeInference();
    private final GorgonServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    public TracedServer(Tracing tracing) {
        server = new GorgonServer(TestServer.config(TestServer.LIMITS), engine, tracing);
        server.start(0, "127.0.0.1");
        engine.addAdapter("ada");
        engine.script = fake -> {
            fake.start(4_000_000, 3_000_000, 2);
            FakeInference.paris(fake);
        };
    }

    /** Sends a body written with single quotes; headers are names and values in turn. */
    public HttpResponse<String> post(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    public String metrics() {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/metrics"))
                        .build())
                .body();
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        server.close();
        engine.close();
        client.close();
    }
}
