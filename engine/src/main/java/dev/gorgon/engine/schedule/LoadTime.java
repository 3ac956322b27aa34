package dev.gorgon.engine.schedule;

/** When the weights of one adapter were asked for last and when the answer came. Engine thread only. */
final class LoadTime {

    private long begun;
    private long ended;

    void begin() {
        begun = System.nanoTime();
        ended = begun;
    }

    void end() {
        ended = System.nanoTime();
    }

    /** How much of a wait, given in {@link System#nanoTime}, fell into the last load; 0 if there was none. */
    long waitedBetween(long from, long to) {
        if (begun == ended) {
            return 0;
        }
        long first = begun - from > 0 ? begun : from;
        long last = ended - to < 0 ? ended : to;
        return Math.max(0, last - first);
    }
}
