package dev.gorgon.train.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.train.data.DataException;
import dev.gorgon.train.data.Message;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs over small inputs with made-up answers. */
class DistillationTest {

    private static final int CONVERSATIONS = 40;

    @TempDir
    Path folder;

    private Path input;
    private OutputPaths output;
    private final AtomicInteger asked = new AtomicInteger();

    @BeforeEach
    void inputOfTwoTurnsEach() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < CONVERSATIONS; i++) {
            text.append("""
                    {"id":"c%d","messages":[{"role":"system","content":"S"},{"role":"user","content":"Q%d"},\
                    {"role":"assistant","content":"theirs"},{"role":"user","content":"R%d"}]}
                    """.formatted(i, i, i));
        }
        input = Files.writeString(folder.resolve("in.jsonl"), text);
        output = OutputPaths.of(folder.resolve("out.jsonl"));
    }

    /** Says what it was asked, and the seed. */
    private Answer echo(List<Message> messages, long seed) {
        asked.incrementAndGet();
        String said = messages.stream()
                .map(Message::content)
                .reduce((a, b) -> a + "," + b)
                .orElseThrow();
        return new Answer("<" + said + "@" + seed + ">", false, 3);
    }

    private DistillSettings settings(int concurrency, long limit, Map<String, String> madeWith, boolean force) {
        return new DistillSettings(
                input,
                ReadSettings.STRICT,
                output,
                new DistillSettings.Run(7, concurrency, limit, CutAnswers.KEEP, force),
                madeWith);
    }

    private Progress run(Answerer answerer, DistillSettings settings) throws InterruptedException {
        try (Distillation run = Distillation.open(settings, answerer)) {
            assertThat(run.run()).isTrue();
            run.writeArray();
            return run.progress();
        }
    }

    private Progress run(Answerer answerer) throws InterruptedException {
        return run(answerer, settings(8, Long.MAX_VALUE, Map.of(), false));
    }

    private Set<String> lines() throws IOException {
        return new TreeSet<>(Files.readAllLines(output.lines()));
    }

    @Test
    void everyAnswerIsTheModelsOwnWithItsOwnHistory() throws Exception {
        Progress end = run(this::echo);
        assertThat(end.done()).isEqualTo(CONVERSATIONS);
        assertThat(end.tokens()).isEqualTo(6 * CONVERSATIONS);
        JsonNode array = JsonMapper.shared().readTree(Files.readAllBytes(output.array()));
        assertThat(array.size()).isEqualTo(CONVERSATIONS);
        for (int i = 0; i < CONVERSATIONS; i++) {
            JsonNode messages = array.path(i);
            assertThat(messages.findValuesAsString("role"))
                    .containsExactly("system", "user", "assistant", "user", "assistant");
            String first = messages.path(2).path("content").asString("");
            String second = messages.path(4).path("content").asString("");
            long seed = Conversing.seedOf(7, "c" + i, 1);
            long next = Conversing.seedOf(7, "c" + i, 2);
            assertThat(first).isEqualTo("<S,Q" + i + "@" + seed + ">");
            assertThat(second).isEqualTo("<S,Q" + i + "," + first + ",R" + i + "@" + next + ">");
            assertThat(seed).isNotEqualTo(next).isBetween(0L, (long) Integer.MAX_VALUE);
        }
        assertThat(output.failures()).doesNotExist();
    }

    @Test
    void concurrencyDoesNotMatter() throws Exception {
        run(this::echo, settings(1, Long.MAX_VALUE, Map.of(), false));
        Set<String> lines = lines();
        String array = Files.readString(output.array());
        for (int concurrency : new int[] {3, 32}) {
            Files.delete(output.lines());
            run(
                    (messages, seed) -> {
                        Thread.sleep(seed % 5);
                        return echo(messages, seed);
                    },
                    settings(concurrency, Long.MAX_VALUE, Map.of(), false));
            assertThat(lines()).isEqualTo(lines);
            assertThat(Files.readString(output.array())).isEqualTo(array);
        }
    }

    @Test
    void aSecondRunHasNothingToDoAndALargerLimitGoesOn() throws Exception {
        run(this::echo, settings(4, 10, Map.of(), false));
        assertThat(asked.getAndSet(0)).isEqualTo(20);
        Progress same = run(this::echo, settings(4, 10, Map.of(), false));
        assertThat(same.before()).isEqualTo(10);
        assertThat(same.left()).isZero();
        assertThat(asked.get()).isZero();
        run(this::echo, settings(4, 15, Map.of(), false));
        assertThat(asked.get()).isEqualTo(10);
        assertThat(lines()).hasSize(15);
    }

    /** Whatever a kill leaves of the last line, the rest is kept and the conversation is led again. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 50, 100})
    void aTornLastLineIsWrittenAnew(int missing) throws Exception {
        run(this::echo);
        Set<String> lines = lines();
        byte[] bytes = Files.readAllBytes(output.lines());
        Files.write(output.lines(), java.util.Arrays.copyOf(bytes, bytes.length - missing));
        asked.set(0);
        run(this::echo);
        assertThat(asked.get()).isEqualTo(2);
        assertThat(lines()).isEqualTo(lines);
        assertThat(Files.size(output.lines())).isEqualTo(bytes.length);
    }

    @Test
    void zerosOfALostBlockAreATornLine() throws Exception {
        run(this::echo);
        Set<String> lines = lines();
        Files.write(output.lines(), new byte[300], StandardOpenOption.APPEND);
        assertThat(run(this::echo).done()).isZero();
        assertThat(lines()).isEqualTo(lines);
    }

    @Test
    void aForeignFileIsNotTouched() throws Exception {
        Files.writeString(output.lines(), "my notes\nmore notes");
        assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("is not known what it was made with");
        assertThatThrownBy(() -> run(this::echo, settings(1, 1, Map.of(), true)))
                .hasMessageContaining("line 1")
                .hasMessageContaining("name another file");
        assertThat(Files.readString(output.lines())).isEqualTo("my notes\nmore notes");
        output = OutputPaths.of(input);
        assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("would be written while it is read");
    }

    @Test
    void otherSettingsAreRefused() throws Exception {
        run(this::echo, settings(4, 5, Map.of("model", "a", "temperature", "0.0"), false));
        DistillSettings other = settings(4, 6, Map.of("model", "b", "temperature", "0.0"), false);
        assertThatThrownBy(() -> run(this::echo, other))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("(model: a, now b)")
                .hasMessageContaining("--force");
        Files.writeString(input, Files.readString(input) + "{\"prompt\":\"new\"}\n");
        assertThatThrownBy(() -> run(this::echo, settings(4, 6, Map.of("model", "a", "temperature", "0.0"), false)))
                .hasMessageContaining("input: ");
        run(this::echo, settings(4, 6, Map.of("model", "b", "temperature", "0.0"), true));
        assertThat(lines()).hasSize(6);
    }

    @Test
    void failuresAreToldAndTriedAgain() throws Exception {
        Progress first = run((messages, seed) -> {
            if (messages.get(1).content().matches("Q[123]") && messages.size() == 4) {
                throw new AnswerException(Kind.REFUSED, "does not like it");
            }
            return echo(messages, seed);
        });
        assertThat(first.failed()).isEqualTo(3);
        assertThat(lines()).hasSize(CONVERSATIONS - 3);
        assertThat(Files.readAllLines(output.failures()))
                .hasSize(3)
                .contains("{\"id\":\"c2\",\"error\":\"turn 2: does not like it\"}");
        assertThat(JsonMapper.shared()
                        .readTree(Files.readAllBytes(output.array()))
                        .size())
                .isEqualTo(CONVERSATIONS - 3);
        Progress second = run(this::echo);
        assertThat(second.done()).isEqualTo(3);
        assertThat(output.failures()).doesNotExist();
        assertThat(lines()).hasSize(CONVERSATIONS);
    }

    @Test
    void emptyAnswersAreFailures() throws Exception {
        Progress end = run((messages, seed) ->
                messages.get(1).content().equals("Q5") ? new Answer(" \n", false, 1) : echo(messages, seed));
        assertThat(end.failed()).isEqualTo(1);
        assertThat(Files.readString(output.failures())).contains("c5").contains("answer is empty");
    }

    @Test
    void aCutAnswerEndsItsConversation() throws Exception {
        Answerer cutting = (messages, seed) -> {
            Answer answer = echo(messages, seed);
            boolean cut = messages.get(1).content().equals("Q5")
                    || messages.getLast().content().equals("R6");
            return new Answer(answer.text(), cut, 3);
        };
        run(cutting);
        assertThat(lines()).hasSize(CONVERSATIONS);
        assertThat(lines())
                .filteredOn(line -> line.endsWith("\"finish\":\"length\"}"))
                .hasSize(2);
        assertThat(messages("c5")).isEqualTo(3);
        assertThat(messages("c6")).isEqualTo(5);

        output = OutputPaths.of(folder.resolve("dropped"));
        DistillSettings keep = settings(4, Long.MAX_VALUE, Map.of(), false);
        DistillSettings.Run drop = new DistillSettings.Run(7, 4, Long.MAX_VALUE, CutAnswers.DROP, false);
        Progress end = run(cutting, new DistillSettings(keep.input(), keep.reading(), output, drop, keep.madeWith()));
        assertThat(end.failed()).isEqualTo(1);
        assertThat(Files.readString(output.failures())).contains("c5").contains("raise --max-tokens");
        assertThat(messages("c6")).isEqualTo(3);
        assertThat(lines()).allMatch(line -> line.endsWith("\"finish\":\"stop\"}"));
    }

    private int messages(String id) throws IOException {
        return Files.readAllLines(output.lines()).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .filter(node -> node.path("id").asString("").equals(id))
                .findFirst()
                .orElseThrow()
                .path("messages")
                .size();
    }

    @Test
    void aConversationThatOutgrowsTheContextEndsBefore() throws Exception {
        Progress end = run((messages, seed) -> {
            if (messages.size() > 2 && messages.get(1).content().equals("Q1")
                    || messages.get(1).content().equals("Q2")) {
                throw new AnswerException(Kind.TOO_LONG, "too long");
            }
            return echo(messages, seed);
        });
        assertThat(end.failed()).isEqualTo(1);
        assertThat(messages("c1")).isEqualTo(3);
        assertThat(Files.readString(output.failures())).contains("c2");
    }

    @Test
    void nothingButFailuresEndTheRun() {
        assertThatThrownBy(() -> run(
                        (messages, seed) -> {
                            asked.incrementAndGet();
                            throw new AnswerException(Kind.REFUSED, "no");
                        },
                        settings(2, Long.MAX_VALUE, Map.of(), false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("all failed, the last with: turn 1: no");
        assertThat(asked.get()).isLessThan(CONVERSATIONS);
    }

    @Test
    void aFatalFailureEndsTheRunAtOnce() {
        assertThatThrownBy(() -> run(
                        (messages, seed) -> {
                            asked.incrementAndGet();
                            throw new AnswerException(Kind.FATAL, "wrong key");
                        },
                        settings(2, Long.MAX_VALUE, Map.of(), false)))
                .hasMessageContaining("wrong key");
        assertThat(asked.get()).isLessThanOrEqualTo(4);
        assertThat(output.failures()).doesNotExist();
    }

    @Test
    void stoppingKeepsWhatIsFinished() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        DistillSettings settings = settings(4, Long.MAX_VALUE, Map.of(), false);
        Distillation[] running = new Distillation[1];
        Answerer slow = (messages, seed) -> {
            if (!seen.add(messages.get(1).content()) && seen.size() > 10) {
                running[0].stop();
                Thread.sleep(60_000);
            }
            return echo(messages, seed);
        };
        try (Distillation run = Distillation.open(settings, slow)) {
            running[0] = run;
            assertThat(run.run()).isFalse();
            assertThat(run.progress().failed()).isZero();
        }
        Set<String> finished = lines();
        assertThat(finished).hasSizeBetween(5, 15);
        run(this::echo);
        assertThat(lines()).hasSize(CONVERSATIONS).containsAll(finished);
    }

    @Test
    void onlyOneProcessWritesAFile() {
        try (Distillation run = Distillation.open(settings(1, 1, Map.of(), false), this::echo)) {
            assertThat(run.skipped()).isZero();
            assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("is being written by another process");
        }
    }

    @Test
    void badInputEndsTheRunBeforeItBegins() throws Exception {
        Files.writeString(input, Files.readString(input) + "{}\n");
        assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("line 41");
        assertThat(asked.get()).isZero();
        Files.writeString(input, "[]");
        assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("holds no conversation");
    }

    @Test
    void placesThatCannotBeWritten() {
        output = OutputPaths.of(folder.resolve("missing").resolve("out.jsonl"));
        assertThatThrownBy(() -> run(this::echo))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("cannot write " + output.lines());
        output = OutputPaths.of(folder.resolve("out.jsonl"))
                .withArray(folder.resolve("missing").resolve("a.json"));
        assertThatThrownBy(() -> run(this::echo)).hasMessageContaining("cannot write " + output.array());
    }

    @Test
    void namesOfTheOutputs() {
        assertThat(OutputPaths.of(Path.of("a/x.jsonl")))
                .isEqualTo(new OutputPaths(Path.of("a/x.jsonl"), Path.of("a/x.json")));
        assertThat(OutputPaths.of(Path.of("x.json"))).isEqualTo(new OutputPaths(Path.of("x.jsonl"), Path.of("x.json")));
        assertThat(OutputPaths.of(Path.of("x"))).isEqualTo(new OutputPaths(Path.of("x"), Path.of("x.json")));
    }

    @Test
    void seedsOfAnswersDiffer() {
        Set<Long> seeds = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            seeds.add(Conversing.seedOf(0, "c" + i, 1));
            seeds.add(Conversing.seedOf(0, "c" + i, 2));
            seeds.add(Conversing.seedOf(1, "c" + i, 1));
        }
        assertThat(seeds).hasSizeGreaterThan(2990);
    }

    @Test
    void textOfAllKindsSurvives() throws Exception {
        Files.writeString(input, "{\"id\":\"\u00e9\u2028\\n\",\"prompt\":\"a\\u0000\\n\\\"\ud83d\ude00\"}\n");
        run((messages, seed) -> new Answer(messages.getLast().content() + "\n\u2029\t\\", false, 1));
        assertThat(Files.readAllLines(output.lines(), StandardCharsets.UTF_8)).hasSize(1);
        JsonNode array = JsonMapper.shared().readTree(Files.readAllBytes(output.array()));
        assertThat(array.path(0).path(1).path("content").asString("")).isEqualTo("a\u0000\n\"\ud83d\ude00\n\u2029\t\\");
        assertThat(run(this::echo).done()).isZero();
    }
}
