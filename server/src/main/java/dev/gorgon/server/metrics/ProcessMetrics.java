package dev.gorgon.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The process as such. Asking the system takes longer than all the rest of a page, so it is asked once a second. */
final class ProcessMetrics implements Collector {
    private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;

    private static final Family CPU = Family.counter("process_cpu_seconds_total", "Processor time used.");
    private static final Family START =
            Family.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.");
    private static final Family OPEN_FILES = Family.gauge("process_open_fds", "Open file descriptors.");
    private static final Family MAX_FILES = Family.gauge("process_max_fds", "File descriptors that may be open.");
    private static final Family THREADS = Family.gauge("gorgon_threads", "Platform threads that live.");
    private static final Family HEAP_USED = Family.gauge("gorgon_heap_used_bytes", "Heap in use, garbage included.");
    private static final Family HEAP_LIVE =
            Family.gauge("gorgon_heap_after_gc_bytes", "Heap in use after the last collection of each part.");
    private static final Family HEAP_COMMITTED =
            Family.gauge("gorgon_heap_committed_bytes", "Heap taken from the system.");
    private static final Family GC_SECONDS =
            Family.counter("gorgon_gc_seconds_total", "Time spent in garbage collections.");
    private static final Family GC_RUNS = Family.counter("gorgon_gc_runs_total", "Garbage collections.");

    private volatile Reading latest = new Reading(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** What the system said. */
    private record Reading(
            long nanos,
            double cpuSeconds,
            long openFiles,
            long maxFiles,
            int threads,
            long heapUsed,
            long heapLive,
            long heapCommitted,
            double gcSeconds,
            long gcRuns) {}

    @Override
    public List<Family> families() {
        return List.of(
                CPU, START, OPEN_FILES, MAX_FILES, THREADS, HEAP_USED, HEAP_LIVE, HEAP_COMMITTED, GC_SECONDS, GC_RUNS);
    }

    @Override
    public void collect(Page page) {
        Reading now = latest;
        if (now.nanos == 0 || System.nanoTime() - now.nanos > MAX_AGE_NANOS) {
            now = read();
            latest = now;
        }
        page.only(CPU, now.cpuSeconds);
        page.only(START, ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS_PER_SECOND);
        page.only(OPEN_FILES, now.openFiles);
        page.only(MAX_FILES, now.maxFiles);
        page.only(THREADS, now.threads);
        page.only(HEAP_USED, now.heapUsed);
        page.only(HEAP_LIVE, now.heapLive);
        page.only(HEAP_COMMITTED, now.heapCommitted);
        page.only(GC_SECONDS, now.gcSeconds);
        page.only(GC_RUNS, now.gcRuns);
    }

    private static Reading read() {
        UnixOperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class);
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        double gcMillis = 0;
        long gcRuns = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            gcMillis += Math.max(0, collector.getCollectionTime());
            gcRuns += Math.max(0, collector.getCollectionCount());
        }
        return new Reading(
                System.nanoTime() | 1,
                system.getProcessCpuTime() / NANOS_PER_SECOND,
                system.getOpenFileDescriptorCount(),
                system.getMaxFileDescriptorCount(),
                ManagementFactory.getThreadMXBean().getThreadCount(),
                heap.getUsed(),
                liveHeap(),
                heap.getCommitted(),
                gcMillis / MILLIS_PER_SECOND,
                gcRuns);
    }

    private static long liveHeap() {
        long live = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage after = pool.getCollectionUsage();
            if (pool.getType() == MemoryType.HEAP && after != null) {
                live += after.getUsed();
            }
        }
        return live;
    }
}
