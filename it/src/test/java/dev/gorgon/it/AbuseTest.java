package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing a client or an adapter file does may stop the server, disturb others, or leak. */
class AbuseTest {

    private static final String PROMPT = "[INST] Write a short story about a fox named Ruby. [/INST]";
    private static Gorgon gorgon;
    private static String expected;
    private static final AtomicBoolean done = new AtomicBoolean();
    private static CompletableFuture<Integer> witness;
    private static long files;
    private static long threads;

    /** A witness generates all the time; its answers must never change. */
    @BeforeAll
    static void start() throws InterruptedException {
        gorgon = Gorgon.serve("--max-total-tokens", "256");
        expected = text(gorgon.post("/generate", Gorgon.body(PROMPT, "\"max_new_tokens\":100")));
        for (int i = 0; i < 20; i++) {
            gorgon.get("/health");
        }
        files = gorgon.count("fd");
        threads = gorgon.count("task");
        witness = CompletableFuture.supplyAsync(() -> {
            int rounds = 0;
            for (; !done.get(); rounds++) {
                assertThat(text(gorgon.post("/generate", Gorgon.body(PROMPT, "\"max_new_tokens\":100"))))
                        .isEqualTo(expected);
            }
            return rounds;
        });
    }

    @AfterAll
    static void nothingLeaks() throws InterruptedException {
        done.set(true);
        try {
            assertThat(witness.join()).isPositive();
            for (int i = 0; i < 100 && gorgon.metric("gorgon_requests_running") > 0; i++) {
                Thread.sleep(50);
            }
            assertThat(gorgon.metric("gorgon_requests_running")).isZero();
            assertThat(gorgon.metric("gorgon_requests_waiting")).isZero();
            assertThat(gorgon.metric("gorgon_kv_blocks_used")).isZero();
            for (int i = 0; i < 60 && gorgon.count("fd") > files + 8; i++) {
                Thread.sleep(100);
            }
            assertThat(gorgon.count("fd")).isLessThanOrEqualTo(files + 8);
            assertThat(gorgon.count("task")).isLessThanOrEqualTo(threads + 12);
            assertThat(gorgon.get("/health").statusCode()).isEqualTo(200);
        } finally {
            gorgon.close();
        }
    }

    private static String text(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Gorgon.json(response.body()).path("generated_text").asString();
    }

    private static void refused(String body, int status, String message) {
        HttpResponse<String> response = gorgon.post("/generate", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains(message);
    }

    @Test
    void requestsThatMakeNoSense() {
        refused("{\"inputs\":", 400, "Failed to parse the request body as JSON");
        refused("{\"inputs\":3}", 422, "Failed to deserialize the JSON body");
        refused("{}", 422, "inputs");
        refused("{\"inputs\":\"\"}", 422, "`inputs` cannot be empty");
        refused(Gorgon.body(PROMPT, "\"max_new_tokens\":99999999999999999999"), 422, "Failed to deserialize");
        refused(Gorgon.body(PROMPT, "\"max_new_tokens\":4294967295"), 422, "must be <= 256");
        refused(Gorgon.body(PROMPT, "\"temperature\":-1"), 422, "`temperature` must be non-negative");
        refused(Gorgon.body("word ".repeat(400), "\"max_new_tokens\":1"), 422, "must be <= 256");
        refused("[".repeat(100_000), 400, "Failed to parse");
        text(gorgon.post(
                "/generate",
                Gorgon.body(PROMPT, "\"max_new_tokens\":2,\"temperature\":1e-38,\"top_k\":2147483647,\"seed\":1")));
        text(gorgon.post("/generate", Gorgon.body("\u0000\ud800 \u202e \ud83d\ude00", "\"max_new_tokens\":4")));
    }

    @Test
    void adaptersThatDoNotExist() {
        for (String id : new String[] {"nobody/nothing", "../../etc", "stheno-8m/../stheno-8m-medusa", "stheno-8m"}) {
            refused(Gorgon.body(PROMPT, "\"adapter_id\":\"" + id + "\""), 424, "Request failed during generation");
        }
        for (String id : new String[] {"/etc", "/nonexistent", "/etc/passwd", "..", "/proc/self/fd"}) {
            refused(
                    Gorgon.body(PROMPT, "\"adapter_id\":\"" + id + "\",\"adapter_source\":\"local\""),
                    424,
                    "Server error");
        }
        refused(Gorgon.body(PROMPT, "\"adapter_id\":\"x\",\"adapter_source\":\"ftp\""), 424, "Invalid source");
        refused(Gorgon.body(PROMPT, "\"adapter_id\":\"a\\u0000b\""), 422, "adapter_id");
        refused(Gorgon.body(PROMPT, "\"adapter_id\":\"\\u00e9\""), 422, "adapter_id");
    }

    private static Path copy(String name, Path to) throws IOException {
        Path from = EmbeddedDemo.folder(name).orElseThrow();
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
        return to;
    }

    private static void refusedFolder(Path folder, String message) {
        refused(Gorgon.body(PROMPT, "\"adapter_id\":\"" + folder + "\",\"adapter_source\":\"local\""), 424, message);
    }

    @Test
    void adaptersThatAreDamaged(@TempDir Path temp) throws IOException {
        Path truncated = copy("stheno-8m-pirate-lora", temp.resolve("truncated"));
        Path weights = truncated.resolve("adapter_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(bytes, bytes.length - 100));
        refusedFolder(truncated, "outside");
        Files.write(weights, Arrays.copyOf(bytes, 5));
        refusedFolder(truncated, "less than 8 bytes");

        Path nan = copy("stheno-8m-pirate-lora", temp.resolve("nan"));
        byte[] spoiled = bytes.clone();
        Arrays.fill(spoiled, spoiled.length - 8, spoiled.length, (byte) 0xFF);
        Files.write(nan.resolve("adapter_model.safetensors"), spoiled);
        refusedFolder(nan, "finite");

        Path heads = copy("stheno-8m-medusa", temp.resolve("heads"));
        String config = Files.readString(heads.resolve("config.json"));
        Files.writeString(
                heads.resolve("config.json"), config.replace("\"medusa_num_heads\": 3", "\"medusa_num_heads\": 4"));
        refusedFolder(heads, "announces 4 Medusa heads, but the weights hold 3");

        Path rank = copy("stheno-8m-pirate-lora", temp.resolve("rank"));
        String lora = Files.readString(rank.resolve("adapter_config.json"));
        Files.writeString(rank.resolve("adapter_config.json"), lora.replace("\"r\": 8", "\"r\": 16"));
        refusedFolder(rank, "has rank 8, but adapter_config.json says 16");
        Files.writeString(
                rank.resolve("adapter_config.json"), lora.replace("\"use_dora\": false", "\"use_dora\": true"));
        refusedFolder(rank, "use_dora");
        Files.writeString(rank.resolve("adapter_config.json"), "{\"r\":");
        refusedFolder(rank, "not valid JSON");
        Files.writeString(rank.resolve("adapter_config.json"), lora);
        text(gorgon.post(
                "/generate",
                Gorgon.body(
                        PROMPT, "\"max_new_tokens\":2,\"adapter_id\":\"" + rank + "\",\"adapter_source\":\"local\"")));

        Path empty = Files.createDirectory(temp.resolve("empty"));
        refusedFolder(empty, "No valid adapter config file found: tried " + empty);
        Files.writeString(empty.resolve("adapter_config.json"), "{}");
        refusedFolder(empty, "No local weights found in " + empty + " with extension .safetensors");
        refusedFolder(EmbeddedDemo.folder("stheno-8m").orElseThrow(), "No valid adapter config file found");
    }

    /** Clients that leave while sending, waiting, or reading. */
    @Test
    void clientsThatDisconnectAtAnyMoment() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 120; i++) {
            String body = Gorgon.body(PROMPT, "\"max_new_tokens\":200,\"ignore_eos_token\":true");
            String request =
                    "POST " + (i % 2 == 0 ? "/generate" : "/generate_stream") + " HTTP/1.1\r\nHost: localhost\r\n"
                            + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            byte[] bytes = request.getBytes(StandardCharsets.UTF_8);
            int length = i % 3 == 0 ? random.nextInt(bytes.length) : bytes.length;
            try (Socket socket = new Socket("127.0.0.1", gorgon.port())) {
                socket.setSoLinger(true, i % 5 == 0 ? 0 : 1); // every fifth leaves with a reset
                OutputStream out = socket.getOutputStream();
                out.write(bytes, 0, length);
                out.flush();
                Thread.sleep(random.nextInt(30));
                if (i % 4 == 1 && length == bytes.length) {
                    socket.getInputStream().readNBytes(random.nextInt(400));
                }
            }
        }
    }
}
