package dev.gorgon.server.json;

/** Client text inside error messages: bounded, and without control characters. */
public final class Messages {
    private static final int LIMIT = 100;

    private Messages() {}

    /** At most a hundred characters of the text, control characters replaced by {@code ?}. */
    public static String shorten(String text) {
        String cut = text.length() <= LIMIT ? text : text.substring(0, LIMIT) + "…";
        return cut.replaceAll("\\p{Cc}", "?");
    }
}
