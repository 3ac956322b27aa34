package dev.gorgon.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The {@code gorgon} command. */
@Command(
        name = "gorgon",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            ServeCommand.class,
            GenerateCommand.class,
            BenchCommand.class,
            CreateDataCommand.class,
            TrainCommand.class,
            EvalHeadsCommand.class,
            PushCommand.class
        },
        description = "Serves one language model with many LoRA adapters, sped up by exact Medusa speculation.")
public final class Main implements Runnable {

    private Main() {}

    public static void main(String[] args) {
        Relaunch.withVectorApi(args);
        System.exit(commandLine().execute(args));
    }

    /** The command line with its error handling: one line that says what is wrong, no stack trace. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        IgnoredFlags.addTo(
                Objects.requireNonNull(line.getSubcommands().get("serve")).getCommandSpec());
        IgnoredRecipeFlags.addTo(
                Objects.requireNonNull(line.getSubcommands().get("train")).getCommandSpec());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(new Mistakes());
        line.setExecutionExceptionHandler((failure, command, result) -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            command.getErr().println("gorgon: " + (cause.getMessage() == null ? cause : cause.getMessage()));
            if (System.getenv("GORGON_TRACE") != null) {
                cause.printStackTrace(command.getErr());
            }
            return 1;
        });
        return line;
    }

    @Override
    public void run() {
        commandLine().usage(System.out);
    }

    /** The version of this program. */
    static String version() {
        Properties properties = new Properties();
        try (InputStream in = Main.class.getResourceAsStream("/dev/gorgon/cli/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            return "unknown";
        }
        return properties.getProperty("version", "unknown");
    }

    /** For {@code --version}. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"gorgon " + version()};
        }
    }
}
