package dev.gorgon.engine.weights;

/** Text from a file that nobody trusts, made fit for a message: one line of printable characters, not too long. */
final class Shown {

    private static final int MAX_LENGTH = 200;

    private Shown() {}

    static String text(String text) {
        String start = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text;
        return start.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
