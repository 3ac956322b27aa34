package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.server.TestServer.Raw;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random clients: chunked, slow, broken, pipelined, over HTTP/1.1 and HTTP/2. Well-behaved ones among them get exact answers;
 * afterwards nothing is left of any of them. A failure names the seed that brings it back.
 */
class HostileClientsTest {
    private static final int THREADS = 8;
    private static final String ANSWER = "{\"generated_text\":\" Paris.\"}";
    private static final String GOOD = "{\"inputs\":\"one two\"}";

    /** Asks for as many tokens as the script takes for "never answer". */
    private static final String ENDLESS = "{\"inputs\":\"one two\",\"parameters\":{\"max_new_tokens\":7}}";

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    @Test
    void leaveNothingBehind() throws Exception {
        run(20261127, 30);
    }

    @Test
    @Tag("slow")
    void leaveNothingBehindForLong() throws Exception {
        long seed = Long.getLong("gorgon.hostile.seed", System.nanoTime());
        run(seed, Integer.getInteger("gorgon.hostile.clients", 3000));
    }

    private static void run(long seed, int clientsPerThread) throws Exception {
        Limits limits = new Limits(256, 3, 4, 20, 32, 64 * 1024);
        try (TestServer server = new TestServer(TestServer.config(limits))) {
            server.engine.script = fake -> {
                if (fake.request.maxNewTokens() == 7) {
                    fake.token(5, "x", -1, false);
                } else {
                    FakeInference.paris(fake);
                }
            };
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    long own = seed + i;
                    running.add(threads.submit(() -> {
                        clients(server, own, clientsPerThread);
                        return null;
                    }));
                }
                for (Future<?> thread : running) {
                    thread.get();
                }
            }
            assertThat(TestServer.eventually(() -> server.server.load().equals(ServerLoad.NONE)))
                    .as("seed %d: %s", seed, server.server.load())
                    .isTrue();
            assertThat(server.server.freePermits()).as("seed %d", seed).isEqualTo(limits.maxConcurrentRequests());
            for (FakeInference.Fake fake : server.engine.submitted) {
                if (fake.request.maxNewTokens() == 7) {
                    assertThat(fake.awaitCancel()).as("seed %d", seed).isTrue();
                }
            }
            assertThat(server.generate("").body()).isEqualTo(ANSWER);
        }
    }

    private static void clients(TestServer server, long seed, int count) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < count; i++) {
            try (Raw raw = server.raw()) {
                client(raw, random);
                if (random.nextInt(3) == 0) {
                    raw.reset();
                }
            } catch (AssertionError | IOException e) {
                throw new AssertionError("client %d of seed %d".formatted(i, seed), e);
            }
        }
    }

    private static void client(Raw raw, RandomGenerator random) throws IOException {
        switch (random.nextInt(9)) {
            case 0 -> {
                send(raw, random, Raw.head("/generate", GOOD.length()) + GOOD);
                answered(raw);
            }
            case 1 -> {
                send(raw, random, chunkedHead() + chunks(random, GOOD));
                answered(raw);
            }
            case 2 -> {
                int requests = random.nextInt(1, 30);
                send(raw, random, (Raw.head("/generate", GOOD.length()) + GOOD).repeat(requests));
                for (int i = 0; i < requests; i++) {
                    answered(raw);
                }
            }
            case 3 -> {
                String whole = Raw.head("/generate", GOOD.length()) + GOOD;
                rude(raw, random, whole.substring(0, random.nextInt(whole.length())), false);
            }
            case 4 -> rude(raw, random, mutated(random, Raw.head("/generate_stream", GOOD.length()) + GOOD), true);
            case 5 -> rude(raw, random, chunkedHead() + mutated(random, chunks(random, GOOD)), true);
            case 6 -> {
                String path = random.nextBoolean() ? "/generate" : "/generate_stream";
                String request = Raw.head(path, ENDLESS.length()) + ENDLESS;
                rude(raw, random, request.repeat(random.nextInt(1, 20)), random.nextBoolean());
            }
            case 7 -> rude(raw, random, garbage(random, random.nextInt(1, 4000)), true);
            default -> rude(raw, random, PREFACE + frames(random), true);
        }
    }

    private static void answered(Raw raw) throws IOException {
        assertThat(raw.readUntil("}")).startsWith("HTTP/1.1 200 ").endsWith(ANSWER);
    }

    /** In pieces of random length. */
    private static void send(Raw raw, RandomGenerator random, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int most = random.nextInt(1, 400);
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(random.nextInt(1, most + 1), bytes.length - at);
            raw.socket().getOutputStream().write(bytes, at, length);
            at += length;
            if (random.nextInt(4) == 0) {
                Thread.yield();
            }
        }
    }

    /** Says something and leaves at some moment, with or without a look at the answer. */
    private static void rude(Raw raw, RandomGenerator random, String text, boolean looks) throws IOException {
        try {
            send(raw, random, text);
            if (looks) {
                raw.socket().setSoTimeout(random.nextInt(1, 20));
                raw.socket().getInputStream().readNBytes(random.nextInt(2000));
            }
        } catch (SocketTimeoutException | SocketException refused) {
            assertThat(refused).isNotNull(); // as good an answer as any
        }
    }

    private static String chunkedHead() {
        return "POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    }

    private static String chunks(RandomGenerator random, String body) {
        StringBuilder chunked = new StringBuilder();
        for (int at = 0; at < body.length(); ) {
            int length = Math.min(random.nextInt(1, 9), body.length() - at);
            chunked.append(Integer.toHexString(length)).append(random.nextBoolean() ? "\r\n" : ";x=y\r\n");
            chunked.append(body, at, at + length).append("\r\n");
            at += length;
        }
        return chunked.append(random.nextBoolean() ? "0\r\n\r\n" : "0\r\nX-Trailer: 1\r\n\r\n")
                .toString();
    }

    private static String mutated(RandomGenerator random, String text) {
        StringBuilder changed = new StringBuilder(text);
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            int at = random.nextInt(changed.length());
            switch (random.nextInt(3)) {
                case 0 -> changed.setCharAt(at, (char) random.nextInt(256));
                case 1 -> changed.deleteCharAt(at);
                default -> changed.insert(at, (char) random.nextInt(256));
            }
        }
        return changed.toString();
    }

    private static String garbage(RandomGenerator random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** HTTP/2: proper settings, then frames of random kinds, flags, streams and contents. */
    private static String frames(RandomGenerator random) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        frame(out, 4, 0, 0, "");
        for (int i = random.nextInt(1, 40); i > 0; i--) {
            // the static table of HPACK: :method POST, :scheme http, :path /
            String content = random.nextBoolean() ? "\u0083\u0086\u0084" : garbage(random, random.nextInt(20));
            frame(out, random.nextInt(11), random.nextInt(256), random.nextInt(9), content);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static void frame(DataOutputStream out, int type, int flags, int stream, String content)
            throws IOException {
        out.writeByte(0);
        out.writeShort(content.length());
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(content.getBytes(StandardCharsets.ISO_8859_1));
    }
}
