package dev.gorgon.engine.text;

import java.util.List;

/** Finds stop sequences in text that arrives piece by piece, also when one is completed in the middle of a piece. */
public final class StopMatcher {

    private final StopScanner scanner;
    private final boolean stopsAtOnce;

    public StopMatcher(List<String> stops) {
        this.scanner =
                new StopScanner(stops.stream().filter(stop -> !stop.isEmpty()).toList());
        this.stopsAtOnce = stops.stream().anyMatch(String::isEmpty);
    }

    /**
     * Adds a piece of text.
     *
     * @return how many characters of the piece belong to the text up to the end of the first completed stop sequence, or −1 if
     *     none is complete; an empty stop sequence is complete at once
     */
    public int append(String piece) {
        for (int i = 0; i < piece.length(); i++) {
            if (scanner.add(piece.charAt(i)) > 0) {
                return i + 1;
            }
        }
        return stopsAtOnce ? piece.length() : -1;
    }
}
