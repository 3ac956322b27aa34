package dev.gorgon.kernels;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Makes threads give way to those that compute tokens. The workers of a step wait for each other many times, so a thread that takes
 * half of one core doubles the time of the whole step; at a low priority it takes what is left over, and a small share of a core
 * when nothing is.
 */
public final class BackgroundPriority {

    /**
     * Niceness. With all cores busy, the scheduler then gives the thread about a tenth of one: enough that a load
     * ends, too little for running requests to notice.
     */
    private static final int NICE = 10;

    private static final int PRIO_PROCESS = 0;
    private static final Optional<MethodHandle> SETPRIORITY = setpriority();

    private BackgroundPriority() {}

    /**
     * Lowers the priority of the calling thread for the rest of its life. Only Linux has priorities per thread that anybody may
     * lower; elsewhere nothing happens.
     *
     * @return whether the priority was lowered
     * @throws IllegalStateException if the thread is virtual: its carrier would keep the priority
     */
    public static boolean lowerCurrentThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("background work needs a platform thread of its own");
        }
        if (SETPRIORITY.isEmpty()) {
            return false;
        }
        try {
            // on Linux, process 0 is the calling thread
            return (int) SETPRIORITY.get().invokeExact(PRIO_PROCESS, 0, NICE) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("a native call failed", e);
        }
    }

    private static Optional<MethodHandle> setpriority() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> symbol = linker.defaultLookup().find("setpriority");
        return symbol.map(address -> linker.downcallHandle(
                address,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)));
    }
}
