package dev.gorgon.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How Gorgon compares with LoRAX, item by item: what {@code docs/lorax-compatibility.md} is made from, with the test that holds
 * each item.
 */
final class Compatibility {

    /** How an item compares. */
    enum State {
        SAME("same"),
        BETTER("better"),
        NOT_YET("not yet");

        private final String word;

        State(String word) {
            this.word = word;
        }

        static State of(String word) {
            for (State state : values()) {
                if (state.word.equals(word)) {
                    return state;
                }
            }
            throw new IllegalArgumentException("no such state: " + word);
        }
    }

    /**
     * One item.
     *
     * @param section of the description of LoRAX's interfaces that the tests follow
     * @param words what is different, or empty
     * @param test {@code Class#method}
     */
    record Item(String section, String name, State state, String words, String test) {}

    /** Items that belong together. */
    record Group(String section, String title, List<Item> items) {}

    private Compatibility() {}

    static List<Group> groups() {
        List<Group> groups = new ArrayList<>();
        for (String line : resource().lines().toList()) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals("#") && fields.length == 3) {
                groups.add(new Group(fields[1], fields[2], new ArrayList<>()));
            } else if (fields.length == 5) {
                groups.getLast().items().add(new Item(fields[0], fields[1], State.of(fields[2]), fields[3], fields[4]));
            } else {
                throw new IllegalArgumentException("neither a group nor an item: " + line);
            }
        }
        return groups;
    }

    private static String resource() {
        try (InputStream in = Compatibility.class.getResourceAsStream("/compatibility.tsv")) {
            if (in == null) {
                throw new IllegalStateException("compatibility.tsv is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The document. */
    static String markdown() {
        StringBuilder text = new StringBuilder("""
                # Gorgon and LoRAX

                How Gorgon's interfaces compare with those of LoRAX 0.1.0: *same* means that clients cannot tell the difference,
                *better* that a defect is mended or something is added, *not yet* that it is missing and answered with a clear
                error. Each line is held by the test it names. Numbers are those of the sections in the description of LoRAX's
                interfaces that the tests follow.

                This file is made from `it/src/test/resources/compatibility.tsv` by `CompatibilityTest`, which fails when they
                differ; `-Dcompatibility.write=true` writes it anew.
                """);
        for (Group group : groups()) {
            text.append("\n## ")
                    .append(group.title())
                    .append("\n\n| | item | state | remarks | test |\n|---|---|---|---|---|\n");
            for (Item item : group.items()) {
                text.append("| %s | %s | %s | %s | `%s` |%n"
                        .formatted(item.section(), item.name(), item.state().word, item.words(), item.test()));
            }
        }
        return text.toString().replace("|  |", "| |");
    }
}
