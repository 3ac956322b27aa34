package dev.gorgon.cli;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.TerminalProgress;
import dev.gorgon.hub.huggingface.HubPush;
import dev.gorgon.hub.huggingface.HubSettings;
import dev.gorgon.hub.huggingface.PushRequest;
import dev.gorgon.hub.huggingface.Pushed;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gorgon push}: an adapter folder to the Hugging Face Hub. */
@Command(
        name = "push",
        mixinStandardHelpOptions = true,
        description =
                "Uploads an adapter folder to a repository of the Hugging Face Hub, as one commit. Hidden files,"
                        + " checkpoints and caches stay; what the hub has already is not sent again. HF_ENDPOINT names another hub.")
final class PushCommand implements Callable<Integer> {

    @Spec
    @Nullable
    CommandSpec command;

    @Parameters(index = "0", paramLabel = "FOLDER", description = "the folder, as gorgon train has written it")
    Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "REPO", description = "the repository, as owner/name")
    String repo = "";

    @Option(names = "--create", description = "make the repository if there is none")
    boolean create;

    @Option(
            names = "--private",
            description = "make it for its owner only (with --create); refused if everybody can read it already")
    boolean secret;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "a token with write access (default: HF_TOKEN, or that of the hub's login on this machine)")
    String token = "";

    @Option(
            names = "--revision",
            defaultValue = "main",
            paramLabel = "BRANCH",
            description = "branch to commit to (default: ${DEFAULT-VALUE})")
    String revision = "main";

    @Option(
            names = {"-m", "--message"},
            defaultValue = "Upload with gorgon push",
            paramLabel = "TEXT",
            description = "message of the commit (default: ${DEFAULT-VALUE})")
    String message = "";

    @Override
    public Integer call() {
        if (command == null) {
            throw new IllegalStateException("the command was not made by the command line");
        }
        HubSettings settings = HubSettings.fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home")));
        try (HubPush push = new HubPush(settings)) {
            Pushed pushed = push.push(
                    new PushRequest(
                            folder,
                            new PushRequest.Target(repo, revision, create, secret),
                            message.isBlank() ? "Upload with gorgon push" : message,
                            new Credential(token.strip())),
                    TerminalProgress.ofUploads());
            pushed.warnings().forEach(warning -> command.commandLine().getErr().println("warning: " + warning));
            PrintWriter out = command.commandLine().getOut();
            if (pushed.changed().isEmpty()) {
                out.println("nothing to do: " + pushed.address() + " has all of it, at commit " + pushed.commit());
            } else {
                out.printf(
                        "%s: %d files in commit %s, %d unchanged%n",
                        pushed.address(), pushed.changed().size(), pushed.commit(), pushed.unchanged());
                pushed.changed().forEach(path -> out.println("  " + path));
            }
            out.flush();
        }
        return 0;
    }
}
