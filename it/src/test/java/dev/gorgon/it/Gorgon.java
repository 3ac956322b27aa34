package dev.gorgon.it;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real program as a process of its own, with an HTTP client. */
final class Gorgon implements AutoCloseable {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;
    private int port;

    private Gorgon(Process process) {
        this.process = process;
        this.reader = Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader text =
                    new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
                text.lines().forEach(lines::add);
            } catch (IOException | UncheckedIOException e) {
                lines.add("closed");
            }
        });
    }

    /** Starts the command line with these arguments. */
    static Gorgon start(String... arguments) {
        return start(Map.of(), arguments);
    }

    static Gorgon start(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.gorgon.cli.Main"));
        command.addAll(List.of(arguments));
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            // tests reach no other machine, and keep their adapters in folders for temporary files or in the build
            builder.environment().put("HF_HUB_OFFLINE", "1");
            builder.environment()
                    .put(
                            "LOCAL_ADAPTER_ROOT",
                            System.getProperty("java.io.tmpdir") + ","
                                    + EmbeddedDemo.folder("stheno-8m")
                                            .orElseThrow()
                                            .getParent());
            builder.environment().putAll(environment);
            return new Gorgon(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a server on a free port and waits until it is ready. */
    static Gorgon serve(String... arguments) {
        return serve(Map.of(), arguments);
    }

    /** The same with environment variables. */
    static Gorgon serve(Map<String, String> environment, String... arguments) {
        List<String> all = new ArrayList<>(List.of("serve", "--port", "0"));
        all.addAll(List.of(arguments));
        Gorgon gorgon = start(environment, all.toArray(String[]::new));
        String ready = gorgon.awaitLine("ready on ");
        gorgon.port = Integer.parseInt(ready.replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1"));
        return gorgon;
    }

    /** Waits for a line of the log. */
    String awaitLine(String part) {
        StringBuilder seen = new StringBuilder();
        try {
            for (String line = lines.poll(60, TimeUnit.SECONDS);
                    line != null;
                    line = lines.poll(60, TimeUnit.SECONDS)) {
                seen.append(line).append('\n');
                if (line.contains(part)) {
                    return line;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("no line with '" + part + "' among:\n" + seen);
    }

    /** Everything logged and not read yet. */
    List<String> log() {
        List<String> drained = new ArrayList<>();
        lines.drainTo(drained);
        return drained;
    }

    int port() {
        return port;
    }

    Process process() {
        return process;
    }

    /** Waits for the process to end, after which the log is complete; its exit status. */
    int exit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the process does not end");
        }
        reader.join(10_000);
        return process.exitValue();
    }

    HttpResponse<String> post(String path, String body) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    /** The same with a bearer token. */
    HttpResponse<String> postAs(String token, String path, String body) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A generation with these parameters (JSON members, without braces); details on. */
    JsonNode generate(String inputs, String parameters) {
        HttpResponse<String> response = post("/generate", body(inputs, parameters));
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.statusCode() + " " + response.body());
        }
        return json(response.body());
    }

    static String body(String inputs, String parameters) {
        return "{\"inputs\":" + JsonMapper.shared().writeValueAsString(inputs) + ",\"parameters\":{\"details\":true"
                + (parameters.isEmpty() ? "" : "," + parameters) + "}}";
    }

    static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    /** A value of /metrics without labels. */
    double metric(String name) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no metric " + name));
    }

    /** Entries of a folder of /proc for the server: {@code fd} or {@code task}. */
    long count(String what) {
        try (Stream<Path> entries = Files.list(Path.of("/proc/" + process.pid() + "/" + what))) {
            return entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
