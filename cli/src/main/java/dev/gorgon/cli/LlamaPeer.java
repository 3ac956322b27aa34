package dev.gorgon.cli;

import dev.gorgon.kernels.WeightFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * llama.cpp, run side by side: the prebuilt binaries of the npm package node-llama-cpp in a Node process of its own, given the same
 * weights as GGUF and the same number of threads. Between requests it waits and uses no processor time.
 */
final class LlamaPeer implements AutoCloseable {

    static final String NAME = "llama.cpp";

    private static final String PACKAGE = "node-llama-cpp@3.22.1";
    private static final String SCRIPT = "llama-peer.mjs";
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int[] PROMPTS = {128, 512};
    private static final int DECODED = 16;

    private final Path workFolder;
    private final Process process;
    private final Writer requests;
    private final BufferedReader answers;
    private double[] decode = new double[0];
    private final TreeMap<Integer, double[]> prefill = new TreeMap<>();

    private LlamaPeer(Path workFolder, Process process) {
        this.workFolder = workFolder;
        this.process = process;
        this.requests = process.outputWriter();
        this.answers = process.inputReader();
    }

    /**
     * Installs the package, unless it was before, and starts the process.
     *
     * @throws IllegalStateException if npm or node is missing or fails; the message says what to do
     */
    static LlamaPeer start(Path workFolder, PrintStream out) {
        try {
            Path folder = Files.createDirectories(workFolder.resolve(NAME));
            if (!Files.isDirectory(folder.resolve("node_modules/node-llama-cpp"))) {
                out.println("installing " + PACKAGE + " in " + folder + " ...");
                Files.writeString(folder.resolve("package.json"), "{\"private\": true}\n");
                command(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE);
            }
            try (InputStream script = LlamaPeer.class.getResourceAsStream(SCRIPT)) {
                if (script == null) {
                    throw new IllegalStateException("this build lacks " + SCRIPT);
                }
                Files.copy(script, folder.resolve(SCRIPT), StandardCopyOption.REPLACE_EXISTING);
            }
            Process process = new ProcessBuilder("node", SCRIPT)
                    .directory(folder.toFile())
                    .redirectError(folder.resolve("node.log").toFile())
                    .start();
            LlamaPeer peer = new LlamaPeer(workFolder, process);
            out.println(NAME + " (" + PACKAGE + "): "
                    + peer.answer().path("systemInfo").asString("").strip());
            return peer;
        } catch (IOException e) {
            throw new IllegalStateException(
                    "--peer llama.cpp needs node and npm (node 20 or newer) on the PATH: " + e.getMessage(), e);
        }
    }

    private static void command(Path folder, String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("npm.log").toFile())
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new IllegalStateException(
                        String.join(" ", command) + " failed; see " + folder.resolve("npm.log"));
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while installing " + PACKAGE, e);
        }
    }

    private JsonNode answer() throws IOException {
        // libraries may print lines of their own
        for (@Nullable String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith("{")) {
                JsonNode answer = JSON.readTree(line);
                if (answer.has("error")) {
                    throw new IllegalStateException(
                            NAME + ": " + answer.path("error").asString(""));
                }
                return answer;
            }
        }
        throw new IllegalStateException(
                NAME + " ended; see " + workFolder.resolve(NAME).resolve("node.log"));
    }

    private double seconds(Map<String, Object> request) {
        try {
            requests.write(JSON.writeValueAsString(request) + "\n");
            requests.flush();
            return answer().path("seconds").asDouble();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Exports the weights, unless that was done before, and loads them. */
    void open(Path folder, WeightFormat format, int threads) {
        Path file = workFolder.resolve(folder.getFileName() + "-" + ShapeBench.name(format) + ".gguf");
        try {
            if (!Files.isRegularFile(file)) {
                GgufExport.write(folder, format, file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot export to " + file + ": " + e.getMessage(), e);
        }
        seconds(Map.of("op", "open", "file", file.toString(), "threads", threads, "contextSize", 1024));
        seconds(Map.of("op", "prefill", "tokens", PROMPTS[0])); // warm
    }

    void decode(int run, int runs) {
        if (decode.length != runs) {
            decode = new double[runs];
        }
        decode[run] = seconds(Map.of("op", "decode", "context", BenchModel.CONTEXT, "tokens", DECODED));
    }

    void prefill(int run, int runs) {
        for (int tokens : PROMPTS) {
            prefill.computeIfAbsent(tokens, key -> new double[runs])[run] =
                    seconds(Map.of("op", "prefill", "tokens", tokens));
        }
    }

    /** Prints and returns the comparison with this program's seconds of the same runs. */
    List<Measurement> report(
            String shape,
            String format,
            double[] ourDecode,
            int[] ourPrompts,
            IntFunction<double[]> ours,
            PrintStream out) {
        List<Measurement> measurements = new ArrayList<>();
        out.printf(
                "%n| against %s | %s tokens/s | gorgon tokens/s | gorgon ÷ %s |%n|---|---|---|---|%n",
                NAME, NAME, NAME);
        double ratio = Medians.medianRatio(decode, ourDecode);
        row(out, "decode, 1 sequence", 1 / Medians.median(decode), 1 / Medians.median(ourDecode), ratio);
        measurements.add(
                new Measurement("decode", shape, format, 1, 1, 1 / Medians.median(decode), "tokens/s", NAME, ratio));
        for (int tokens : ourPrompts) {
            double[] theirs = prefill.get(tokens);
            if (theirs != null) {
                double speedup = Medians.medianRatio(theirs, ours.apply(tokens));
                double speed = tokens / Medians.median(theirs);
                row(out, "prefill " + tokens, speed, tokens / Medians.median(ours.apply(tokens)), speedup);
                measurements.add(
                        new Measurement("prefill", shape, format, tokens, 1, speed, "tokens/s", NAME, speedup));
            }
        }
        return measurements;
    }

    private static void row(PrintStream out, String what, double theirs, double ours, double ratio) {
        out.printf("| %s | %.1f | %.1f | %.2f |%n", what, theirs, ours, ratio);
    }

    void closeModel() {
        if (process.isAlive()) {
            seconds(Map.of("op", "close"));
        }
        prefill.clear();
    }

    @Override
    public void close() {
        try {
            requests.close();
        } catch (IOException e) {
            process.destroy();
        }
        try {
            if (!process.waitFor(Duration.ofSeconds(10))) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
