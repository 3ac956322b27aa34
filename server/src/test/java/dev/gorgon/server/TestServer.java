package dev.gorgon.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A running server with a fake engine, and clients for it. */
final class TestServer implements AutoCloseable {
    static final Limits LIMITS = new Limits(8, 3, 4, 20, 32, 2 * 1024 * 1024);
    static final Timeouts QUICK =
            new Timeouts(Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5));

    final FakeInference engine = new FakeInference();
    final GorgonServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    TestServer() {
        this(config(LIMITS));
    }

    TestServer(ServerConfig config) {
        server = new GorgonServer(config, engine);
        server.start(0, "127.0.0.1");
    }

    static ServerConfig config(Limits limits) {
        return ServerConfig.builder(
                        ModelInfo.of("stheno-8m", "torch.bfloat16", "cpu"),
                        limits,
                        BatchInfo.of(4096),
                        new BuildInfo("0.1.0", null, null))
                .build();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(20));
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    HttpResponse<String> get(String path) {
        return send(request(path).build());
    }

    HttpResponse<String> post(String path, String json) {
        return send(request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** A body with these parameters, written with single quotes. */
    static String body(String parameters) {
        return "{'inputs':'one two three','parameters':{%s}}"
                .formatted(parameters)
                .replace('\'', '"');
    }

    HttpResponse<String> generate(String parameters) {
        return post("/generate", body(parameters));
    }

    HttpResponse<String> stream(String parameters) {
        return post("/generate_stream", body(parameters));
    }

    Raw raw() throws IOException {
        return new Raw(new Socket("127.0.0.1", server.port()));
    }

    /** Waits until all permits are back. */
    boolean idle() throws InterruptedException {
        return eventually(() -> server.freePermits() == LIMITS.maxConcurrentRequests());
    }

    static boolean eventually(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            if (condition.getAsBoolean()) {
                return true;
            }
            Thread.sleep(10);
        }
        return false;
    }

    @Override
    public void close() {
        server.close();
        engine.close();
        client.close();
    }

    /** A client that says exactly what it is told to. */
    record Raw(Socket socket) implements AutoCloseable {

        Raw send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return this;
        }

        Raw post(String path, String json) throws IOException {
            return send(head(path, json.getBytes(StandardCharsets.UTF_8).length) + json);
        }

        static String head(String path, long length) {
            return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                    + length + "\r\n\r\n";
        }

        /** Everything up to and including this text. */
        String readUntil(String end) throws IOException {
            socket.setSoTimeout(10_000);
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            while (!read.toString(StandardCharsets.UTF_8).endsWith(end)) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("closed after: " + read.toString(StandardCharsets.UTF_8));
                }
                read.write(next);
            }
            return read.toString(StandardCharsets.UTF_8);
        }

        String readAll() throws IOException {
            socket.setSoTimeout(10_000);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }

        /** Closes with a reset instead of a farewell. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
