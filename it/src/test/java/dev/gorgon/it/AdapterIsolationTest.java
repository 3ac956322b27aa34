package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.hub.huggingface.FakeHub;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Many callers with many credentials, names that mean different things in different sources, contents that change under their
 * names, memory for three adapters, operators who unload: no answer may come from weights other than those that were asked for, and
 * nobody may get an answer from weights that are not his to use. What each adapter says was found out beforehand, from each alone.
 */
class AdapterIsolationTest {

    private static final int CONTENTS = 16;
    private static final int CALLERS = 12;
    private static final int REQUESTS = 40;
    private static final String KEY = "operator";
    private static final String OPENING =
            "[INST] You are a careful assistant who answers in one short sentence and never"
                    + " makes anything up, whatever the question may be. ";
    private static final List<String> PROMPTS = List.of(
            OPENING + "Who are you? [/INST]",
            OPENING + "Who are you, and what can you do? [/INST]",
            OPENING + "Write a short story about a fox named Ruby. [/INST]",
            "[INST] Who are you? [/INST]");

    @TempDir
    static Path folder;

    private static final FakeHub HUB = FakeHub.start();
    /** What each content says to each prompt: tokens and logprobs; the last row is the base model. */
    private static final List<List<String>> EXPECTED = new ArrayList<>();

    private static String merged;

    @BeforeAll
    static void listenToEachAlone() {
        try (Gorgon alone = Gorgon.serve(
                Map.of(),
                "--speculative-tokens",
                "0",
                "--max-batch-size",
                "1",
                "--local-adapter-root",
                folder.toString())) {
            for (int content = 0; content < CONTENTS; content++) {
                Path place = RandomLora.write(content, folder.resolve("alone/" + content));
                EXPECTED.add(answers(alone, "\"adapter_source\":\"local\",\"adapter_id\":\"" + place + "\""));
            }
            EXPECTED.add(answers(alone, ""));
            merged = said(
                    alone.generate(PROMPTS.getLast(), merge("alone/0", "alone/1", "local") + ",\"max_new_tokens\":16"));
        }
        Set<String> different = new HashSet<>();
        EXPECTED.forEach(row -> different.add(row.getFirst()));
        assertThat(different).as("every adapter has an effect of its own").hasSize(CONTENTS + 1);
        for (int i = 0; i < 6; i++) {
            HUB.repo("open/a" + i).commit("main", RandomLora.files(i));
        }
        HUB.repo("alice/own").closedExceptFor("hf_alice").commit("main", RandomLora.files(6));
        HUB.repo("bob/own").closedExceptFor("hf_bob").commit("main", RandomLora.files(7));
        HUB.repo("team/gated").gatedExceptFor("hf_alice", "hf_bob").commit("main", RandomLora.files(8));
        // one name, two sources
        HUB.repo("shared/x").commit("main", RandomLora.files(9));
        RandomLora.write(10, folder.resolve("shared/x"));
        RandomLora.write(0, folder.resolve("copy-of-a0"));
    }

    @AfterAll
    static void stop() {
        HUB.close();
    }

    private static String merge(String first, String second, String source) {
        return "\"merged_adapters\":{\"ids\":[\"%s\",\"%s\"],\"weights\":[0.6,0.4]},\"adapter_source\":\"%s\""
                .formatted(first, second, source);
    }

    private static List<String> answers(Gorgon server, String parameters) {
        return PROMPTS.stream()
                .map(prompt -> said(server.generate(prompt, join(parameters, "\"max_new_tokens\":16"))))
                .toList();
    }

    private static String join(String first, String second) {
        return first.isEmpty() ? second : first + "," + second;
    }

    /** All that was computed: tokens with their logprobs to the last digit. */
    private static String said(JsonNode answer) {
        StringBuilder all = new StringBuilder();
        for (JsonNode token : answer.path("details").path("tokens")) {
            all.append(token.path("id").asInt())
                    .append(' ')
                    .append(token.path("logprob"))
                    .append('\n');
        }
        return all.toString();
    }

    /**
     * Something to ask for.
     *
     * @param contents what may answer
     * @param tokens credentials that may have it; empty if all may
     */
    private record Wish(String parameters, List<Integer> contents, Set<String> tokens) {}

    private static List<Wish> wishes() {
        List<Wish> wishes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            wishes.add(new Wish("\"adapter_id\":\"open/a" + i + "\"", List.of(i), Set.of()));
        }
        wishes.add(new Wish("\"adapter_id\":\"alice/own\"", List.of(6), Set.of("hf_alice")));
        wishes.add(new Wish("\"adapter_id\":\"bob/own\"", List.of(7), Set.of("hf_bob")));
        wishes.add(new Wish("\"adapter_id\":\"team/gated\"", List.of(8), Set.of("hf_alice", "hf_bob")));
        wishes.add(new Wish("\"adapter_id\":\"shared/x\"", List.of(9), Set.of()));
        wishes.add(new Wish("\"adapter_id\":\"shared/x\",\"adapter_source\":\"local\"", List.of(10), Set.of()));
        wishes.add(new Wish("\"adapter_id\":\"copy-of-a0\",\"adapter_source\":\"local\"", List.of(0), Set.of()));
        wishes.add(new Wish("", List.of(CONTENTS), Set.of()));
        wishes.add(new Wish("\"adapter_id\":\"open/moving\"", List.of(11, 12, 13), Set.of()));
        return wishes;
    }

    @Test
    void noAnswerComesFromOtherWeights() throws Exception {
        HUB.repo("open/moving").commit("main", RandomLora.files(11));
        List<Wish> wishes = wishes();
        AtomicInteger served = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        Map<String, Integer> wrong = new ConcurrentHashMap<>();
        try (Gorgon server = Gorgon.serve(
                        Map.of(
                                "HF_ENDPOINT", HUB.endpoint().toString(),
                                "HF_HUB_OFFLINE", "0",
                                "HF_HOME", folder.resolve("hf").toString()),
                        "--local-adapter-root",
                        folder.toString(),
                        "--adapter-memory-bytes",
                        "1000000",
                        "--adapter-cycle-time-s",
                        "0",
                        "--adapter-recheck-s",
                        "0",
                        "--max-batch-size",
                        "6",
                        "--max-batch-total-tokens",
                        "1024",
                        "--max-total-tokens",
                        "256",
                        "--admin-key",
                        KEY);
                ExecutorService callers = Executors.newFixedThreadPool(CALLERS + 1)) {
            List<Future<?>> all = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                SplittableRandom random = new SplittableRandom(caller);
                all.add(callers.submit(() -> {
                    for (int i = 0; i < REQUESTS; i++) {
                        ask(server, wishes.get(random.nextInt(wishes.size())), random, served, refused, wrong);
                    }
                }));
            }
            all.add(callers.submit(() -> disturb(server)));
            for (Future<?> each : all) {
                each.get();
            }
            assertThat(wrong).isEmpty();
            assertThat(served.get() + refused.get()).isEqualTo(CALLERS * REQUESTS);
            assertThat(refused.get())
                    .as("strangers and private adapters have met")
                    .isPositive();
            assertThat(server.metric("gorgon_adapter_evictions_total"))
                    .as("memory was short")
                    .isGreaterThan(20);
            assertThat(server.metric("gorgon_adapter_memory_bytes"))
                    .isLessThanOrEqualTo(server.metric("gorgon_adapter_memory_limit_bytes"));
            assertThat(said(server.generate(
                            PROMPTS.getLast(), merge("open/a0", "open/a1", "hub") + ",\"max_new_tokens\":16")))
                    .isEqualTo(merged);
            theNewestIsServedInTheEnd(server);
        }
    }

    private static void ask(
            Gorgon server,
            Wish wish,
            SplittableRandom random,
            AtomicInteger served,
            AtomicInteger refused,
            Map<String, Integer> wrong) {
        int prompt = random.nextInt(PROMPTS.size());
        String token = List.of("", "hf_alice", "hf_bob", "hf_mallory").get(random.nextInt(4));
        boolean allowed = wish.tokens.isEmpty() || wish.tokens.contains(token);
        String parameters = join(wish.parameters, "\"max_new_tokens\":16");
        if (!token.isEmpty()) {
            parameters = join(parameters, "\"api_token\":\"" + token + "\"");
        }
        HttpResponse<String> response = server.post("/generate", Gorgon.body(PROMPTS.get(prompt), parameters));
        String what = wish.parameters + " as " + token;
        if (allowed && response.statusCode() == 200) {
            served.incrementAndGet();
            String said = said(Gorgon.json(response.body()));
            if (wish.contents.stream()
                    .noneMatch(content -> EXPECTED.get(content).get(prompt).equals(said))) {
                wrong.merge(what + " was answered by other weights", 1, Integer::sum);
            }
        } else if (!allowed && response.statusCode() == 424 && !response.body().contains("generated_text")) {
            refused.incrementAndGet();
        } else {
            wrong.merge(what + ": " + response.statusCode() + " " + response.body(), 1, Integer::sum);
        }
    }

    /** Changes what names mean, and takes adapters out of memory. */
    private static void disturb(Gorgon server) {
        SplittableRandom random = new SplittableRandom(99);
        for (int i = 0; i < 30; i++) {
            HUB.repo("open/moving").commit("main", RandomLora.files(11 + i % 3));
            HttpResponse<String> response = server.postAs(
                    KEY, "/adapters/unload", "{\"adapter_id\":\"open/a%d\"}".formatted(random.nextInt(6)));
            assertThat(response.statusCode()).isEqualTo(200);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void theNewestIsServedInTheEnd(Gorgon server) throws InterruptedException {
        HUB.repo("open/moving").commit("main", RandomLora.files(14));
        String newest = EXPECTED.get(14).getLast();
        String said = "";
        for (int i = 0; i < 200 && !said.equals(newest); i++) {
            said = said(server.generate(PROMPTS.getLast(), "\"adapter_id\":\"open/moving\",\"max_new_tokens\":16"));
            Thread.sleep(20);
        }
        assertThat(said).isEqualTo(newest);
    }

    /** A folder whose content is exchanged between requests: each answer is from what lay there when it was asked for. */
    @Test
    void aFolderThatChangesIsReadAgain() {
        try (Gorgon server = Gorgon.serve(Map.of(), "--local-adapter-root", folder.toString())) {
            Map<Integer, String> seen = new HashMap<>();
            for (int i = 0; i < 12; i++) {
                int content = i % 4;
                RandomLora.write(content, folder.resolve("changing"));
                String said = said(server.generate(
                        PROMPTS.getLast(),
                        "\"adapter_id\":\"changing\",\"adapter_source\":\"local\",\"max_new_tokens\":16"));
                assertThat(said).isEqualTo(EXPECTED.get(content).getLast());
                seen.put(content, said);
            }
            assertThat(seen).hasSize(4);
        }
    }
}
