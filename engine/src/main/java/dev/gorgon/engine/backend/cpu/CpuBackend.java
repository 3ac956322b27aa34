package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs programs on the cores of this machine. */
public final class CpuBackend implements Backend {

    private final Kernels kernels;
    private final WeightFormat format;
    private final WorkerTeam team;
    private final Scratch scratch;
    private final Tickets tickets = new Tickets();
    private final Optional<Path> packCache;
    private final CpuOps[] ops;

    /**
     * @param kernels the arithmetic
     * @param format of the base model's layers; with Q4 the LM head is Q8, and adapters, embeddings, keys and values are never
     *     quantized
     * @param threads workers, the engine thread included
     */
    public CpuBackend(Kernels kernels, WeightFormat format, int threads) {
        this(kernels, format, threads, Optional.empty());
    }

    /** @param packCache folder of packed base models that later starts map instead of packing again */
    public CpuBackend(Kernels kernels, WeightFormat format, int threads, Optional<Path> packCache) {
        this.packCache = packCache;
        this.kernels = kernels;
        this.format = format;
        this.team = new WorkerTeam(threads);
        this.scratch = new Scratch(threads);
        this.ops = new CpuOps[threads];
        for (int rank = 0; rank < threads; rank++) {
            ops[rank] = new CpuOps(kernels, team, rank, scratch, tickets);
        }
    }

    @Override
    public String name() {
        return "cpu, " + kernels.name() + ", " + team.size() + (team.size() == 1 ? " thread" : " threads");
    }

    @Override
    public Memory memory() {
        return new CpuMemory(kernels, format, Optional.empty());
    }

    @Override
    public Memory baseMemory(String identity) {
        return new CpuMemory(
                kernels, format, packCache.map(folder -> PackCache.open(folder, identity + " " + format, team.size())));
    }

    @Override
    public void run(Consumer<Ops> program) {
        tickets.clear();
        team.run(rank -> {
            ops[rank].begin();
            program.accept(ops[rank]);
        });
    }

    @Override
    public void close() {
        team.close();
        scratch.close();
    }
}
