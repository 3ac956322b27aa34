package dev.gorgon.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Answers requests with what tests put into it, one answer per request, and remembers what it was sent. */
final class FakeServer implements AutoCloseable {

    /** What the server does with a request. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    /** A request as it arrived; header names in lower case. */
    record Seen(String method, String path, String body, com.sun.net.httpserver.Headers headers) {
        String header(String name) {
            return String.valueOf(headers.getFirst(name));
        }
    }

    /** A complete answer. */
    record Reply(int status, String type, String body) {}

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private volatile Function<Seen, Reply> otherwise = request -> new Reply(599, "text/plain", "nothing was prepared");

    FakeServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Seen request = new Seen(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                    exchange.getRequestHeaders());
            seen.add(request);
            Answer answer = answers.poll();
            if (answer == null) {
                Reply reply = otherwise.apply(request);
                answer = complete(reply.status(), reply.body(), "content-type", reply.type());
            }
            answer.to(exchange);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    FakeServer then(Answer answer) {
        answers.add(answer);
        return this;
    }

    /** A complete answer; headers as name, value, name, value. */
    FakeServer answers(int status, String body, String... headers) {
        return then(complete(status, body, headers));
    }

    /** What is answered when nothing else was prepared. */
    void otherwise(Function<Seen, Reply> replies) {
        otherwise = replies;
    }

    private static Answer complete(int status, String body, String... headers) {
        return exchange -> {
            Queue<String> rest = new ArrayDeque<>(List.of(headers));
            while (!rest.isEmpty()) {
                exchange.getResponseHeaders().add(rest.remove(), rest.remove());
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        };
    }

    /** A stream of these bytes that ends properly. */
    FakeServer streams(String events) {
        return then(exchange -> {
            try (OutputStream body = events(exchange)) {
                body.write(events.getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    /** A stream that the server breaks off after these bytes. */
    FakeServer breaksAfter(String events) {
        return then(exchange -> {
            OutputStream body = events(exchange);
            body.write(events.getBytes(StandardCharsets.UTF_8));
            body.flush();
            exchange.close(); // the last chunk is missing
        });
    }

    /** Sends the head of a stream of events. */
    static OutputStream events(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().add("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    List<Seen> seen() {
        return List.copyOf(seen);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
