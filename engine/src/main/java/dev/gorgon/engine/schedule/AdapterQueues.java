package dev.gorgon.engine.schedule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * The waiting requests, one queue per adapter, served fairly by counting (the virtual token counter of Sheng et al., "Fairness in
 * Serving Large Language Models", OSDI 2024): every row computed for an adapter counts as service, and the next request is taken
 * from the ready queue with the least. A queue that had nothing to wait for has no claim on the past: when it becomes ready its
 * counter is lifted to the least of the ready ones. What it received too much is remembered while the engine is busy. Engine thread
 * only.
 */
final class AdapterQueues {

    /** Counters of adapters without requests that are remembered at most. */
    private static final int REMEMBERED = 1024;

    private final Map<String, AdapterQueue> queues = new LinkedHashMap<>();
    private long added;
    private int waiting;
    /** Queues kept for their counters only. */
    private int idle;
    /** The least service of a ready queue when one was last served or lifted; only grows. */
    private long floor;

    private boolean changed;
    private List<AdapterLoad> loads = List.of();

    /** Requests that wait. */
    int waiting() {
        return waiting;
    }

    void add(Sequence sequence) {
        AdapterQueue queue = queues.get(sequence.adapters.identity());
        if (queue == null) {
            queue = new AdapterQueue(sequence.adapters.identity(), sequence.adapters.name());
            queues.put(queue.identity, queue);
        } else if (queue.isIdle()) {
            idle--;
        }
        boolean becomesReady = !queue.isBacklogged() && !queue.loading;
        sequence.number = ++added;
        queue.waiting().addLast(sequence);
        waiting++;
        changed = true;
        if (becomesReady) {
            lift(queue);
        }
    }

    /** The ready queues, the one to be served next first. */
    PriorityQueue<AdapterQueue> ready() {
        PriorityQueue<AdapterQueue> ready = new PriorityQueue<>(AdapterQueue.TURNS);
        for (AdapterQueue queue : queues.values()) {
            if (queue.isReady()) {
                ready.add(queue);
            }
        }
        return ready;
    }

    /** Queues with requests whose weights were asked for. */
    int loading() {
        int count = 0;
        for (AdapterQueue queue : queues.values()) {
            if (queue.loading && queue.isBacklogged()) {
                count++;
            }
        }
        return count;
    }

    /** The queue of an adapter whose weights have come, or will not come; empty if it is not known. */
    Optional<AdapterQueue> answered(String identity) {
        AdapterQueue queue = queues.get(identity);
        if (queue == null || !queue.loading) {
            return Optional.empty();
        }
        queue.loading = false;
        queue.loads.end();
        if (queue.isBacklogged()) {
            lift(queue);
        }
        tidy(queue);
        return Optional.of(queue);
    }

    /** Takes the next request of a queue out, to start it. */
    void startNext(AdapterQueue queue) {
        queue.waiting().removeFirst();
        waiting--;
        queue.started++;
        floor = Math.max(floor, queue.service);
        changed = true;
    }

    /** Notes that a started sequence has to wait again, or goes on. */
    void preempted(Sequence sequence, boolean waits) {
        queueOf(sequence).preempted += waits ? 1 : -1;
        changed = true;
    }

    /** Notes the end of a started sequence. */
    void ended(Sequence sequence) {
        AdapterQueue queue = queueOf(sequence);
        queue.started--;
        changed = true;
        tidy(queue);
    }

    /** Forgets a waiting request; false if it does not wait here. */
    boolean remove(Sequence sequence) {
        AdapterQueue queue = queues.get(sequence.adapters.identity());
        if (queue == null || !queue.waiting().remove(sequence)) {
            return false;
        }
        waiting--;
        changed = true;
        tidy(queue);
        return true;
    }

    /** Counts rows that are computed for a started sequence. */
    void charge(Sequence sequence, int rows) {
        queueOf(sequence).service += rows;
    }

    /** All waiting requests. */
    List<Sequence> all() {
        List<Sequence> all = new ArrayList<>();
        queues.values().forEach(queue -> all.addAll(queue.waiting()));
        return all;
    }

    /** What waits and runs, adapters without requests left out; made anew only when something has changed. */
    List<AdapterLoad> loads() {
        if (changed) {
            changed = false;
            loads = queues.values().stream()
                    .filter(queue -> queue.isBacklogged() || queue.started > 0)
                    .map(AdapterQueue::load)
                    .toList();
        }
        return loads;
    }

    private AdapterQueue queueOf(Sequence sequence) {
        AdapterQueue queue = queues.get(sequence.adapters.identity());
        if (queue == null) {
            throw new IllegalStateException("no queue of adapter " + sequence.adapters.name());
        }
        return queue;
    }

    /** Takes from a queue that becomes ready what it has not asked for in the past. */
    private void lift(AdapterQueue lifted) {
        long least = Long.MAX_VALUE;
        for (AdapterQueue queue : queues.values()) {
            if (queue != lifted && queue.isReady()) {
                least = Math.min(least, queue.service);
            }
        }
        if (least != Long.MAX_VALUE) {
            floor = Math.max(floor, least);
        }
        lifted.service = Math.max(lifted.service, floor);
    }

    /** Forgets a queue without requests, at once if its counter would be lifted anyway. */
    private void tidy(AdapterQueue queue) {
        if (!queue.isIdle()) {
            return;
        }
        idle++;
        if (idle == queues.size()) {
            queues.clear();
            idle = 0;
        } else if (queue.service <= floor) {
            queues.remove(queue.identity);
            idle--;
        } else if (idle > REMEMBERED) {
            queues.values().removeIf(other -> other.isIdle() && other.service <= floor);
            idle = (int) queues.values().stream().filter(AdapterQueue::isIdle).count();
            if (idle > REMEMBERED / 2) {
                queues.values().removeIf(AdapterQueue::isIdle);
                idle = 0;
            }
        }
    }
}
