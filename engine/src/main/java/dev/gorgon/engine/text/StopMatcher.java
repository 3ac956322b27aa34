package dev.gorgon.engine.text;

import java.util.List;

/**
 * Finds stop sequences in text that arrives piece by piece, also when one is completed in the middle of a piece. Each character is
 * looked at once per stop sequence and possible start.
 */
public final class StopMatcher {

    private final List<String> stops;
    private final int longest;
    private final StringBuilder tail = new StringBuilder();

    public StopMatcher(List<String> stops) {
        this.stops = List.copyOf(stops);
        this.longest = stops.stream().mapToInt(String::length).max().orElse(0);
    }

    /**
     * Adds a piece of text.
     *
     * @return how many characters of the piece belong to the text up to the end of the first completed stop sequence, or −1 if
     *     none is complete; an empty stop sequence is complete at once
     */
    public int append(String piece) {
        if (stops.isEmpty()) {
            return -1;
        }
        int before = tail.length();
        tail.append(piece);
        int first = -1;
        for (String stop : stops) {
            int at = stop.isEmpty() ? tail.length() : tail.indexOf(stop, Math.max(0, before - stop.length() + 1));
            if (at >= 0) {
                int end = Math.max(0, at + stop.length() - before);
                first = first < 0 ? end : Math.min(first, end);
            }
        }
        int surplus = tail.length() - (longest - 1);
        if (surplus > 0) {
            tail.delete(0, Math.min(surplus, tail.length()));
        }
        return first;
    }
}
