package dev.gorgon.engine;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A backend whose programs wait for permits, and fail when a test says so. */
final class SteppedBackend implements Backend {

    private final Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 1);
    private final Semaphore permits = new Semaphore(0);
    private final AtomicBoolean failing = new AtomicBoolean();
    private final AtomicLong programs = new AtomicLong();

    /** Lets that many programs run. */
    void permit(int programs) {
        permits.release(programs);
    }

    /** From now on programs do not wait. */
    void open() {
        permits.release(1_000_000);
    }

    /** The next program throws. */
    void failNext() {
        failing.set(true);
    }

    @Override
    public String name() {
        return backend.name();
    }

    @Override
    public Memory memory() {
        return backend.memory();
    }

    @Override
    public void run(Consumer<Ops> program) {
        permits.acquireUninterruptibly();
        if (failing.getAndSet(false)) {
            throw new IllegalStateException("this program fails");
        }
        backend.run(program);
        programs.incrementAndGet();
    }

    /** Programs run so far. */
    long programs() {
        return programs.get();
    }

    @Override
    public void close() {
        backend.close();
    }
}
