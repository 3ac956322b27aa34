package dev.gorgon.server.generate;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** Hands events of the engine's thread to the request's event loop: what is there by then goes together. */
public final class Mailbox {
    private final LiveRequest live;
    private final Runnable flush;
    private final Queue<Runnable> pending = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** @param flush run on the event loop after each batch of events */
    public Mailbox(LiveRequest live, Runnable flush) {
        this.live = live;
        this.flush = flush;
    }

    /** Adds an event, which runs on the event loop. Any thread; never blocks. */
    public void post(Runnable event) {
        pending.add(event);
        if (scheduled.compareAndSet(false, true)) {
            live.run(this::drain);
        }
    }

    /** Forgets what has not run; on the event loop. */
    public void clear() {
        pending.clear();
    }

    private void drain() {
        scheduled.set(false); // before the first poll: what comes later schedules anew
        for (Runnable event = pending.poll(); event != null; event = pending.poll()) {
            event.run();
        }
        flush.run();
    }
}
