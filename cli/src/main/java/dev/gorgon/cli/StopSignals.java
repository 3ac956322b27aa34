package dev.gorgon.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Ctrl-C and SIGTERM mean: the first asks to finish what runs, the second to give up waiting for it, a third ends the process.
 * The JVM's own shutdown hooks hear of the first only.
 */
final class StopSignals {
    private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);
    /** What shells report of programs that end by Ctrl-C. */
    private static final int INTERRUPTED = 130;

    private final CountDownLatch asked = new CountDownLatch(1);
    private final AtomicInteger count = new AtomicInteger();
    private final Runnable hurry;

    /** @param hurry ends at once what runs; called on a thread of its own */
    StopSignals(Runnable hurry) {
        this.hurry = hurry;
    }

    /**
     * Listens from now on. The JDK's class for signals is asked for by name, since the compiler warns about it in a way that cannot
     * be answered. A JVM that leaves signals alone keeps doing so: then its end is the end.
     */
    void listen() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Method handle = signal.getMethod("handle", signal, handler);
            for (String name : new String[] {"INT", "TERM"}) {
                handle.invoke(null, signal.getConstructor(String.class).newInstance(name), proxy(handler));
            }
        } catch (ReflectiveOperationException e) {
            LOG.debug("signals are not ours to handle", e);
        }
    }

    private Object proxy(Class<?> handler) {
        return Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
            switch (method.getName()) {
                case "handle" -> received();
                case "equals" -> {
                    return self == arguments[0];
                }
                case "hashCode" -> {
                    return System.identityHashCode(self);
                }
                default -> {
                    return "stop";
                }
            }
            return null;
        });
    }

    private void received() {
        switch (count.incrementAndGet()) {
            case 1 -> {
                LOG.info("stopping: requests under way are finished first; a second signal ends them");
                asked.countDown();
            }
            case 2 -> {
                LOG.info("stopping at once");
                Thread.ofPlatform().daemon().name("gorgon-hurry").start(hurry);
            }
            default -> Runtime.getRuntime().halt(INTERRUPTED);
        }
    }

    /** Waits for the first. */
    void await() throws InterruptedException {
        asked.await();
    }
}
