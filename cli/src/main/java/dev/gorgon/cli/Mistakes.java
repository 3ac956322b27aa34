package dev.gorgon.cli;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells in one line what is wrong with the arguments, and which option was probably meant. */
final class Mistakes implements IParameterExceptionHandler {

    /**
     * What to throw for a mistake that picocli cannot see.
     *
     * @param command whose arguments they are; null where options were set without a command line
     * @throws IllegalArgumentException in the latter case
     */
    static ParameterException bad(@Nullable CommandSpec command, String message) {
        if (command == null) {
            throw new IllegalArgumentException(message);
        }
        return new ParameterException(command.commandLine(), message);
    }

    @Override
    public int handleParseException(ParameterException mistake, String[] arguments) {
        CommandLine command = mistake.getCommandLine();
        String meant = mistake instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption()
                ? nearest(command, unmatched.getUnmatched().getFirst())
                        .map(option -> "; did you mean " + option + "?")
                        .orElse("")
                : "";
        command.getErr().println(mistake.getMessage() + meant);
        command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help.");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    /** The option that takes the fewest changed letters, unless even that is most of them. */
    private static Optional<String> nearest(CommandLine command, String argument) {
        String given = argument.split("=", 2)[0];
        return command.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .min(Comparator.comparingInt(name -> distance(given, name)))
                .filter(name -> distance(given, name) <= Math.max(2, given.length() / 2));
    }

    /** Levenshtein's distance, with swapped neighbours as one change. */
    private static int distance(String from, String to) {
        int[] beforeLast = new int[to.length() + 1];
        int[] last = new int[to.length() + 1];
        Arrays.setAll(last, j -> j);
        for (int i = 1; i <= from.length(); i++) {
            int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                boolean same = from.charAt(i - 1) == to.charAt(j - 1);
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[to.length()];
    }
}
