package dev.gorgon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Flags of LoRAX's launcher that mean nothing here (LoRAX contract, section 5.1): accepted, so that a command line moves over as it
 * is, with one line each that says why nothing follows from them.
 */
final class IgnoredFlags {

    private static final String CUDA = "no CUDA graphs or kernels are compiled here";
    private static final String ONE_PROCESS = "one process serves the model on this machine's processors";
    private static final String GPU_MEMORY = "there is no GPU memory to divide; see --max-batch-total-tokens";
    private static final String TUNNEL = "no tunnel is opened; put a proxy in front of the server";
    private static final String BATCHING =
            "prompts are computed in chunks together with running requests; newcomers start as soon as there is room";

    /**
     * A flag nobody listens to.
     *
     * @param arity picocli's word for how many values follow
     * @param why what to tell
     */
    private record Flag(String name, String arity, String why) {

        String variable() {
            return name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
        }

        String notice(String given) {
            return given + " has no effect: " + why;
        }
    }

    private static final List<Flag> FLAGS = List.of(
            new Flag("--sharded", "0..1", ONE_PROCESS),
            new Flag("--num-shard", "1", ONE_PROCESS),
            new Flag("--shard-uds-path", "1", ONE_PROCESS),
            new Flag("--master-addr", "1", ONE_PROCESS),
            new Flag("--master-port", "1", ONE_PROCESS),
            new Flag("--compile", "0", CUDA),
            new Flag("--eager", "0", CUDA),
            new Flag("--compile-max-batch-size", "1", CUDA),
            new Flag("--compile-max-rank", "1", CUDA),
            new Flag("--compile-batch-size", "1", CUDA),
            new Flag("--backend", "1", CUDA),
            new Flag("--disable-sgmv", "0", CUDA),
            new Flag("--disable-custom-kernels", "0", "--kernels chooses the arithmetic"),
            new Flag("--cuda-memory-fraction", "1", GPU_MEMORY),
            new Flag("--memory-wiggle-room", "1", GPU_MEMORY),
            new Flag("--trust-remote-code", "0", "code that comes with a model is never run"),
            new Flag("--chunked-prefill", "0..1", BATCHING),
            new Flag("--waiting-served-ratio", "1", BATCHING),
            new Flag("--max-waiting-tokens", "1", BATCHING),
            new Flag("--eager-prefill", "0..1", BATCHING),
            new Flag("--embedding-dim", "1", "this version serves no embedding models"),
            new Flag(
                    "--weights-cache-override", "1", "files are used from where they are; see --huggingface-hub-cache"),
            new Flag("--ngrok", "0", TUNNEL),
            new Flag("--ngrok-authtoken", "1", TUNNEL),
            new Flag("--ngrok-edge", "1", TUNNEL));

    private IgnoredFlags() {}

    /** Makes a command accept the flags; they are not in its help. */
    static void addTo(CommandSpec command) {
        for (Flag flag : FLAGS) {
            OptionSpec.Builder option = OptionSpec.builder(flag.name())
                    .arity(flag.arity())
                    .type(flag.arity().equals("0") ? boolean.class : String.class)
                    .description(flag.why())
                    .hidden(true);
            command.addOption(
                    flag.arity().equals("0..1") ? option.fallbackValue("true").build() : option.build());
        }
    }

    /** What to tell somebody who gave these arguments in this environment. */
    static List<String> notices(ParseResult given, Map<String, String> environment) {
        List<String> notices = new ArrayList<>();
        for (Flag flag : FLAGS) {
            if (given.hasMatchedOption(flag.name())) {
                notices.add(flag.notice(flag.name()));
            } else if (!environment.getOrDefault(flag.variable(), "").isEmpty()) {
                notices.add(flag.notice("the variable " + flag.variable()));
            }
        }
        return notices;
    }

    /** Their names, for documents and tests. */
    static List<String> names() {
        return FLAGS.stream().map(Flag::name).toList();
    }
}
