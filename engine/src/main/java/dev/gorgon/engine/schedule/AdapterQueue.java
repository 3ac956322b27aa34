package dev.gorgon.engine.schedule;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;

/** The requests of one adapter, first come first served, and how much the engine has done for it. Engine thread only. */
final class AdapterQueue {

    /** Ready queues in the order they are served: less service first, then the older request. */
    static final Comparator<AdapterQueue> TURNS = Comparator.<AdapterQueue>comparingLong(queue -> queue.service)
            .thenComparingLong(queue -> queue.waiting.getFirst().number);

    final String identity;
    final String name;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    /** Sequences that were started and have not ended, preempted ones included. */
    int started;
    /** How many of those are preempted. */
    int preempted;
    /** Rows computed for this adapter, or credited to it; see {@link AdapterQueues}. */
    long service;
    /** Whether its weights were asked for and no answer has come. */
    boolean loading;
    /** When they were asked for last, and when the answer came. */
    final LoadTime loads = new LoadTime();

    AdapterQueue(String identity, String name) {
        this.identity = identity;
        this.name = name;
    }

    Deque<Sequence> waiting() {
        return waiting;
    }

    boolean isBacklogged() {
        return !waiting.isEmpty();
    }

    /** Whether its next request may start as far as is known. */
    boolean isReady() {
        return isBacklogged() && !loading;
    }

    /** Whether nothing of it is in the engine and no answer is outstanding. */
    boolean isIdle() {
        return waiting.isEmpty() && started == 0 && !loading;
    }

    AdapterLoad load() {
        return new AdapterLoad(identity, name, waiting.size() + preempted, started - preempted);
    }
}
