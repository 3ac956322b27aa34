package dev.gorgon.train.distill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is finished stays finished, whatever ends the process. */
class KillTest {

    private static final int CONVERSATIONS = 300;

    @TempDir
    Path folder;

    private Path input;

    @BeforeEach
    void writeInput() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < CONVERSATIONS; i++) {
            text.append("{\"messages\":[{\"role\":\"user\",\"content\":\"Q")
                    .append(i)
                    .append("\"}]}\n");
        }
        input = Files.writeString(folder.resolve("in.jsonl"), text);
    }

    private ProcessBuilder process(Path out, int pace, String... before) {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                EchoProcess.class.getName(),
                input.toString(),
                out.toString(),
                String.valueOf(pace)));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void killedAndGoneOn(int kills, long seed) throws Exception {
        Path whole = folder.resolve("whole.jsonl");
        assertThat(output(process(whole, 0).start())).contains("ends");
        Path out = folder.resolve("out.jsonl");
        Random random = new Random(seed);
        int finished = 0;
        for (int i = 0; i < kills; i++) {
            Process process = process(out, 60).start();
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            assertThat(reader.readLine()).isEqualTo("begins");
            Thread.sleep(random.nextInt(400));
            process.destroyForcibly().waitFor();
            List<String> lines = Files.readAllLines(out);
            assertThat(lines.size()).isGreaterThanOrEqualTo(finished);
            finished = lines.size() - (Files.readString(out).endsWith("\n") || lines.isEmpty() ? 0 : 1);
        }
        assertThat(output(process(out, 0).start())).contains("ends");
        assertThat(new TreeSet<>(Files.readAllLines(out))).isEqualTo(new TreeSet<>(Files.readAllLines(whole)));
        assertThat(Files.readAllLines(out)).hasSize(CONVERSATIONS);
        assertThat(Files.mismatch(folder.resolve("out.json"), folder.resolve("whole.json")))
                .isEqualTo(-1);
    }

    @Test
    void nothingIsLostByKills() throws Exception {
        killedAndGoneOn(2, 1);
    }

    @Test
    @Tag("slow")
    void nothingIsLostByManyKills() throws Exception {
        killedAndGoneOn(25, System.nanoTime());
    }

    /** A limit of the file's size stands for a full disk: writing fails in the middle of a line. */
    @Test
    void nothingIsLostByAFullDisk() throws Exception {
        Path out = folder.resolve("out.jsonl");
        Process full =
                process(out, 0, "sh", "-c", "ulimit -f 64; exec \"$@\"", "sh").start();
        String said = output(full);
        assertThat(full.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(full.exitValue()).isEqualTo(1);
        assertThat(said).contains("cannot write " + out).contains("conversations that are finished are in it");
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSizeBetween(5, CONVERSATIONS - 1).allMatch(line -> line.endsWith("\"finish\":\"stop\"}"));
        assertThat(output(process(out, 0).start())).contains("ends");
        assertThat(Files.readAllLines(out)).hasSize(CONVERSATIONS).startsWith(lines.toArray(String[]::new));
    }
}
