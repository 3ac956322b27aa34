package dev.gorgon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** What the command line of LoRAX's launcher means here (LoRAX contract, section 5.1). */
class CommandLineTest {

    /** Every flag of the launcher with a value it takes. */
    private static final List<String> LAUNCHER = List.of(
            "--model-id=a/b",
            "--adapter-id=a/c",
            "--source=hub",
            "--default-adapter-source=hub",
            "--adapter-source=hub",
            "--revision=main",
            "--validation-workers=2",
            "--sharded=false",
            "--num-shard=1",
            "--quantize=bitsandbytes-nf4",
            "--compile",
            "--eager",
            "--compile-max-batch-size=128",
            "--compile-max-rank=64",
            "--compile-batch-size=32",
            "--speculative-tokens=3",
            "--speculation-max-batch-size=32",
            "--preloaded-adapter-ids=x",
            "--preloaded-adapter-ids=y",
            "--preloaded-adapter-source=hub",
            "--predibase-api-token=t",
            "--dtype=bfloat16",
            "--trust-remote-code",
            "--max-concurrent-requests=1024",
            "--max-best-of=2",
            "--max-stop-sequences=4",
            "--max-input-length=100",
            "--max-total-tokens=200",
            "--waiting-served-ratio=1.2",
            "--max-batch-prefill-tokens=150",
            "--max-batch-total-tokens=4000",
            "--max-waiting-tokens=20",
            "--eager-prefill=true",
            "--chunked-prefill=true",
            "--prefix-caching=true",
            "--merge-adapter-weights",
            "--max-active-adapters=1024",
            "--adapter-cycle-time-s=2",
            "--adapter-memory-fraction=0.1",
            "--hostname=0.0.0.0",
            "-p=3000",
            "--shard-uds-path=/tmp/x",
            "--master-addr=localhost",
            "--master-port=29500",
            "--huggingface-hub-cache=/tmp/hub",
            "--weights-cache-override=/tmp/w",
            "--disable-custom-kernels",
            "--cuda-memory-fraction=1.0",
            "--memory-wiggle-room=0.9",
            "--ngrok",
            "--ngrok-authtoken=x",
            "--ngrok-edge=x",
            "--env",
            "--download-only",
            "--backend=fa2",
            "--embedding-dim=256",
            "--disable-sgmv");

    private static ParseResult serve(List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("serve"));
        all.addAll(arguments);
        return Main.commandLine().parseArgs(all.toArray(String[]::new)).subcommand();
    }

    @Test
    void everyFlagOfTheLauncherIsAccepted() {
        ParseResult parsed = serve(LAUNCHER);
        assertThat(parsed.matchedOptions()).hasSizeGreaterThan(50);
        List<String> notices = IgnoredFlags.notices(parsed, Map.of());
        assertThat(notices).hasSameSizeAs(IgnoredFlags.names());
        assertThat(notices).allMatch(line -> line.matches("--[a-z-]+ has no effect: .+"));
    }

    @Test
    void switchesMayStandAlone() {
        ParseResult parsed = serve(List.of("--sharded", "--eager-prefill", "--port", "1"));
        assertThat(IgnoredFlags.notices(parsed, Map.of())).hasSize(2);
    }

    @Test
    void variablesWithoutEffectAreToldAsWell() {
        assertThat(IgnoredFlags.notices(serve(List.of()), Map.of("NUM_SHARD", "2", "SHARDED", "")))
                .containsExactly(
                        "the variable NUM_SHARD has no effect: one process serves the model on this machine's processors");
    }

    @ParameterizedTest
    @CsvSource({
        "--prot=80,--port",
        "--max-total-token=7,--max-total-tokens",
        "--max-concurent-requests=7,--max-concurrent-requests",
        "--adapterid=x,--adapter-id",
        "--speculativ-tokens=3,--speculative-tokens",
        "--hostnam=x,--hostname",
        "--modelid=x,--model-id"
    })
    void unknownFlagsAreRefusedWithTheNearest(String wrong, String nearest) {
        assertThat(refused("serve", wrong)).contains("Unknown option").contains("did you mean " + nearest + "?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--validation-workers=0|`validation_workers` must be > 0",
                "--max-total-tokens=10 --max-input-length=10|`max_input_length` must be < `max_total_tokens`. Given: 10 and 10",
                "--max-batch-total-tokens=100 --max-batch-prefill-tokens=200|"
                        + "`max_batch_prefill_tokens` must be <= `max_batch_total_tokens`. Given: 200 and 100",
                "--max-batch-total-tokens=300 --max-total-tokens=400|"
                        + "`max_total_tokens` must be <= `max_batch_total_tokens`. Given: 400 and 300",
                "--max-best-of=0|--max-best-of must be at least 1, got 0",
                "--max-body-bytes=1|--max-body-bytes must be at least 1024, got 1",
                "--port=70000|--port must be from 0 to 65535, got 70000",
                "--max-total-tokens=many|Invalid value for option '--max-total-tokens'"
            })
    void valuesThatDoNotFitAreRefused(String arguments, String message) {
        assertThat(refused(("serve " + arguments).split(" "))).contains(message);
    }

    /** What the command says when it refuses its arguments. */
    private static String refused(String... arguments) {
        StringWriter said = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setErr(new PrintWriter(said));
        assertThat(line.execute(arguments)).isEqualTo(2);
        return said.toString();
    }
}
