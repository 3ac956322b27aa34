package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code gorgon create-data} on the demonstration model. */
class CreateDataTest {

    private static final Path PROMPTS = EmbeddedDemo.data().resolve("prompts-sharegpt.json");

    @TempDir
    Path folder;

    /** Some conversations of each domain, one after the other. */
    private static List<JsonNode> some(int perDomain) throws IOException {
        Map<String, Integer> taken = new HashMap<>();
        List<JsonNode> some = new ArrayList<>();
        for (JsonNode conversation : JsonMapper.shared().readTree(Files.readAllBytes(PROMPTS))) {
            String domain = conversation.path("id").asString("").split("-")[0];
            if (taken.merge(domain, 1, Integer::sum) <= perDomain) {
                some.add(conversation);
            }
        }
        return some;
    }

    private Path input(List<JsonNode> conversations) throws IOException {
        Path file = folder.resolve("in.json");
        Files.write(file, JsonMapper.shared().writeValueAsBytes(conversations));
        return file;
    }

    private static String finish(int status, String... arguments) throws InterruptedException {
        try (Gorgon gorgon = Gorgon.start(arguments)) {
            int exit = gorgon.exit();
            String said = String.join("\n", gorgon.log());
            assertThat(exit).as(said).isEqualTo(status);
            return said;
        }
    }

    /** Answers by conversation. */
    private static Map<String, String> answers(Path lines) throws IOException {
        Map<String, String> answers = new TreeMap<>();
        for (String line : Files.readAllLines(lines)) {
            JsonNode node = JsonMapper.shared().readTree(line);
            assertThat(node.path("messages").path(1).path("role").asString("")).isEqualTo("assistant");
            answers.put(
                    node.path("id").asString(""),
                    node.path("messages").path(1).path("content").asString(""));
        }
        return answers;
    }

    private static String answer(JsonNode conversation) {
        return conversation.path("conversations").path(1).path("value").asString("");
    }

    /** The answers of the file are the model's own, made greedily by another program. */
    @Test
    void greedyAnswersAreThoseOfTheReference() throws Exception {
        List<JsonNode> conversations = some(3);
        Path out = folder.resolve("out.jsonl");
        String in = input(conversations).toString();
        String said = finish(0, "create-data", in, out.toString(), "--max-tokens", "400");
        assertThat(said).contains("24 conversations").contains("24 of them new").contains("tokens/s");
        Map<String, String> answers = answers(out);
        assertThat(answers).hasSize(24);
        JsonNode array = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("out.json")));
        for (int i = 0; i < conversations.size(); i++) {
            String expected = answer(conversations.get(i));
            assertThat(answers).containsEntry(conversations.get(i).path("id").asString(""), expected);
            assertThat(array.path(i).path(1).path("content").asString("")).isEqualTo(expected);
        }
        assertThat(finish(0, "create-data", in, out.toString(), "--max-tokens", "400"))
                .contains("24 are finished already")
                .contains("0 of them new");
        assertThat(finish(1, "create-data", in, out.toString(), "--max-tokens", "401"))
                .contains("max_tokens: 400, now 401");
    }

    /** Sampled with a seed, a server gives the same answers as the engine in this process, whatever is computed together. */
    @Test
    void aServerGivesTheSameAnswers() throws Exception {
        String in = input(some(2)).toString();
        Path here = folder.resolve("here.jsonl");
        Path there = folder.resolve("there.jsonl");
        finish(
                0,
                "create-data",
                in,
                here.toString(),
                "--temperature",
                "0.9",
                "--seed",
                "5",
                "--max-tokens",
                "60",
                "--max-batch-size",
                "5",
                "--adapter-id",
                "none");
        try (Gorgon server = Gorgon.serve()) {
            finish(
                    0,
                    "create-data",
                    in,
                    there.toString(),
                    "--temperature",
                    "0.9",
                    "--seed",
                    "5",
                    "--max-tokens",
                    "60",
                    "--url",
                    "http://127.0.0.1:" + server.port(),
                    "--concurrency",
                    "3");
        }
        assertThat(new TreeSet<>(Files.readAllLines(there))).isEqualTo(new TreeSet<>(Files.readAllLines(here)));
        assertThat(Files.readAllLines(here)).hasSize(16);
    }

    private static void signal(Gorgon gorgon, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(gorgon.process().pid()))
                .start()
                .waitFor();
    }

    private static void awaitLines(Path file, int count) throws IOException, InterruptedException {
        for (int i = 0;
                i < 3000
                        && (!Files.exists(file)
                                || Files.readString(file).lines().count() < count);
                i++) {
            Thread.sleep(10);
        }
        assertThat(Files.readString(file).lines().count()).isGreaterThanOrEqualTo(count);
    }

    /** Interrupted once with a signal and once killed, the run ends with what one run would have made. */
    @Test
    void aSignalAndAKillLoseNothing() throws Exception {
        Path out = folder.resolve("out.jsonl");
        String[] command = {"create-data", PROMPTS.toString(), out.toString(), "--limit", "400", "--max-batch-size", "4"
        };
        try (Gorgon gorgon = Gorgon.start(command)) {
            awaitLines(out, 10);
            signal(gorgon, "INT");
            assertThat(gorgon.awaitLine("stopped; ")).contains("the same command goes on from there");
            assertThat(gorgon.exit()).isEqualTo(130);
        }
        int stopped = Files.readAllLines(out).size();
        assertThat(stopped).isBetween(10, 399);
        try (Gorgon gorgon = Gorgon.start(command)) {
            awaitLines(out, stopped + 10);
            signal(gorgon, "KILL");
            gorgon.exit();
        }
        assertThat(finish(0, command)).contains(": 400 conversations");
        Path whole = folder.resolve("whole.jsonl");
        finish(0, "create-data", PROMPTS.toString(), whole.toString(), "--limit", "400");
        assertThat(answers(out)).isEqualTo(answers(whole));
        assertThat(Files.mismatch(folder.resolve("out.json"), folder.resolve("whole.json")))
                .isEqualTo(-1);
    }

    @Test
    void mistakesGetOneClearLine() throws Exception {
        Path bad = Files.writeString(folder.resolve("bad.jsonl"), "{\"prompt\":\"Who are you?\"}\n{\"prompt\":\n");
        String out = folder.resolve("out.jsonl").toString();
        assertThat(finish(1, "create-data", bad.toString(), out))
                .contains("line 2")
                .contains("--on_bad skip");
        assertThat(finish(0, "create-data", bad.toString(), out, "--on_bad", "skip"))
                .contains("left out: " + bad + ", line 2")
                .contains("1 bad rows left out");
        assertThat(finish(2, "create-data", bad.toString(), out, "--temperature", "-1"))
                .contains("temperature");
        assertThat(finish(2, "create-data", bad.toString(), out, "--url", "nowhere"))
                .contains("--url nowhere");
        assertThat(finish(2, "create-data", bad.toString())).contains("OUT");
        assertThat(finish(1, "create-data", folder.resolve("none").toString(), out))
                .contains("there is no such file");
    }

    /** With heads or without, with the LoRA that the answers of the second file were made with. */
    @Test
    @Tag("slow")
    void aLoraAnswersInItsOwnWay() throws Exception {
        Path pirate = EmbeddedDemo.data().resolve("prompts-pirate-sharegpt.json");
        Path out = folder.resolve("out.jsonl");
        finish(
                0,
                "create-data",
                pirate.toString(),
                out.toString(),
                "--adapter-id",
                "stheno-8m-pirate-lora",
                "--limit",
                "200");
        Map<String, String> answers = answers(out);
        int equal = 0;
        for (JsonNode conversation : JsonMapper.shared().readTree(Files.readAllBytes(pirate))) {
            String id = conversation.path("id").asString("");
            equal += answer(conversation).equals(answers.get(id)) ? 1 : 0;
        }
        assertThat(equal).isGreaterThan(190);
    }
}
