package dev.gorgon.server.openai;

import java.util.List;

/**
 * Finds the first stop sequence in text that arrives in pieces, and knows how much of the end could still become one. Time is
 * linear in the text for each stop sequence, whatever they look like (Knuth, Morris and Pratt's automaton).
 */
final class StopScanner {
    private final String[] stops;
    private final int[][] borders;
    /** Per stop sequence, how many of its first characters the text ends with. */
    private final int[] matched;

    StopScanner(List<String> stopSequences) {
        this.stops = stopSequences.toArray(String[]::new);
        this.borders = new int[stops.length][];
        this.matched = new int[stops.length];
        for (int i = 0; i < stops.length; i++) {
            borders[i] = borders(stops[i]);
        }
    }

    /** For each length of a prefix, the length of its longest proper suffix that is a prefix as well. */
    private static int[] borders(String stop) {
        int[] border = new int[stop.length() + 1];
        for (int end = 1, length = 0; end < stop.length(); end++) {
            while (length > 0 && stop.charAt(end) != stop.charAt(length)) {
                length = border[length];
            }
            if (stop.charAt(end) == stop.charAt(length)) {
                length++;
            }
            border[end + 1] = length;
        }
        return border;
    }

    /**
     * Adds a character.
     *
     * @return the length of the longest stop sequence that the text now ends with, or 0
     */
    int add(char next) {
        int longest = 0;
        for (int i = 0; i < stops.length; i++) {
            int length = matched[i];
            while (length > 0 && stops[i].charAt(length) != next) {
                length = borders[i][length];
            }
            if (stops[i].charAt(length) == next) {
                length++;
            }
            if (length == stops[i].length()) {
                longest = Math.max(longest, length);
                length = borders[i][length];
            }
            matched[i] = length;
        }
        return longest;
    }

    /** How many characters of the end of the text are the beginning of some stop sequence. */
    int undecided() {
        int longest = 0;
        for (int length : matched) {
            longest = Math.max(longest, length);
        }
        return longest;
    }
}
