package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Hundreds of clients stream from the real program for minutes. The figures are printed and written to {@code
 * target/load-report.txt}; times are reported, never asserted. {@code -Dgorgon.load.seconds} and {@code -Dgorgon.load.clients}
 * change the length and the number of clients.
 */
@Tag("slow")
class LoadTest {
    private static final int SECONDS = Integer.getInteger("gorgon.load.seconds", 120);
    private static final int CLIENTS = Integer.getInteger("gorgon.load.clients", 500);
    private static final int WARM_UP_SECONDS = 15;
    private static final long HEAP_SLACK = 32L << 20;
    private static final int FILE_SLACK = 16;
    private static final String LENGTH = "\"max_new_tokens\":24";
    private static final Pattern USED = Pattern.compile(" total \\d+K, used (\\d+)K");
    private static final List<String> PROMPTS = List.of(
            "[INST] Write a short story about a fox named Ruby. [/INST]",
            "[INST] Who are you? [/INST]",
            "[INST] Tell me about the sea. [/INST]",
            "[INST] Write a function that adds two numbers. [/INST]");

    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void fiveHundredStreams() throws Exception {
        try (Gorgon gorgon = Gorgon.serve("--max-total-tokens", "256")) {
            Map<String, String> expected = new TreeMap<>();
            PROMPTS.forEach(prompt -> expected.put(
                    prompt,
                    gorgon.generate(prompt, LENGTH).path("generated_text").asString()));
            // A program that has just started holds less than one that has worked: the base line is what it holds after
            // that.
            load(gorgon.port(), expected, WARM_UP_SECONDS);
            idle(gorgon, CLIENTS);
            long heapBefore = heapAfterGc(gorgon);
            long filesBefore = gorgon.count("fd");
            refusals.set(0);
            CompletableFuture<long[]> health = CompletableFuture.supplyAsync(() -> probe(gorgon.port()));
            int[] answers = load(gorgon.port(), expected, SECONDS);
            over.set(true);
            Arrays.sort(answers);
            String report = report(answers, health.join());
            idle(gorgon, filesBefore);
            long heapAfter = heapAfterGc(gorgon);
            report += "heap after GC %d KiB before, %d KiB after; files %d before, %d after%n"
                    .formatted(heapBefore >> 10, heapAfter >> 10, filesBefore, gorgon.count("fd"));
            System.out.print(report);
            Files.writeString(Path.of("target", "load-report.txt"), report);
            assertThat(answers[0]).as("every client makes progress").isPositive();
            assertThat(heapAfter).isLessThan(heapBefore + HEAP_SLACK);
            for (String prompt : PROMPTS) {
                assertThat(gorgon.generate(prompt, LENGTH)
                                .path("generated_text")
                                .asString())
                        .isEqualTo(expected.get(prompt));
            }
        }
    }

    /** All clients at once; how many streams each of them read to the end. */
    private int[] load(int port, Map<String, String> expected, int seconds) throws Exception {
        int[] answers = new int[CLIENTS];
        long begin = System.nanoTime();
        try (HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                String prompt = PROMPTS.get(i % PROMPTS.size());
                running.add(clients.submit(() -> {
                    while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(seconds)) {
                        if (stream(http, port, prompt, expected.getOrDefault(prompt, ""))) {
                            answers[number]++;
                        }
                    }
                }));
            }
            for (Future<?> client : running) {
                client.get(); // shows what went wrong
            }
        }
        return answers;
    }

    /** One whole stream; false if it was refused as one too many. */
    private boolean stream(HttpClient http, int port, String prompt, String expected) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/generate_stream"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Gorgon.body(prompt, LENGTH)))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            String last = response.body().substring(response.body().lastIndexOf("data: ") + 6);
            JsonNode event = Gorgon.json(last);
            if (event.path("error_type").asString("").equals("overloaded")) {
                refusals.incrementAndGet();
                Thread.sleep(Duration.ofSeconds(1)); // as the documentation of 429 asks for
                return false;
            }
            assertThat(event.path("generated_text").asString("")).as(last).isEqualTo(expected);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Nanoseconds to the first byte of {@code /health}, again and again until the load is over. */
    private long[] probe(int port) {
        List<Long> nanos = new ArrayList<>();
        byte[] request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setTcpNoDelay(true);
            while (!over.get()) {
                long sent = System.nanoTime();
                socket.getOutputStream().write(request);
                int first = socket.getInputStream().read();
                nanos.add(System.nanoTime() - sent);
                String head = (char) first + rest(socket);
                assertThat(head).startsWith("HTTP/1.1 200 ");
                Thread.sleep(20);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    private static String rest(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        return head.toString();
    }

    private String report(int[] answers, long[] health) {
        int total = Arrays.stream(answers).sum();
        return "%d clients, %d s: %d streams, %d refused; per client %d least, %d median, %d most (median by least %.2f)%n"
                        .formatted(
                                CLIENTS,
                                SECONDS,
                                total,
                                refusals.get(),
                                answers[0],
                                answers[CLIENTS / 2],
                                answers[CLIENTS - 1],
                                (double) answers[CLIENTS / 2] / Math.max(answers[0], 1))
                + "first byte of /health: %.1f ms p50, %.1f ms p99, %.1f ms most, of %d%n"
                        .formatted(
                                health[health.length / 2] / 1e6,
                                health[health.length * 99 / 100] / 1e6,
                                health[health.length - 1] / 1e6,
                                health.length);
    }

    private static void idle(Gorgon gorgon, long filesBefore) throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            boolean quiet = gorgon.metric("gorgon_requests_running") == 0
                    && gorgon.metric("gorgon_requests_waiting") == 0
                    && gorgon.metric("gorgon_kv_blocks_used") == 0;
            if (quiet && gorgon.count("fd") <= filesBefore + FILE_SLACK) {
                break;
            }
            Thread.sleep(100);
        }
        assertThat(gorgon.count("fd")).isLessThanOrEqualTo(filesBefore + FILE_SLACK);
        assertThat(gorgon.metric("gorgon_requests_running")).isZero();
        assertThat(gorgon.metric("gorgon_requests_waiting")).isZero();
        assertThat(gorgon.metric("gorgon_kv_blocks_used")).isZero();
    }

    private static long heapAfterGc(Gorgon gorgon) throws IOException, InterruptedException {
        jcmd(gorgon, "GC.run");
        long kib = 0;
        Matcher used = USED.matcher(jcmd(gorgon, "GC.heap_info"));
        while (used.find()) {
            kib += Long.parseLong(used.group(1));
        }
        assertThat(kib).isPositive();
        return kib << 10;
    }

    private static String jcmd(Gorgon gorgon, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(gorgon.process().pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }
}
