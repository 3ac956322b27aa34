package dev.gorgon.cli;

import dev.gorgon.engine.adapter.RegistryLimits;
import dev.gorgon.hub.AdapterSource;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options about adapters that come and go, with LoRAX's names and environment variables where it has them. */
final class AdapterOptions {

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(
            names = "--adapter-memory-fraction",
            defaultValue = "${env:ADAPTER_MEMORY_FRACTION:-0.1}",
            paramLabel = "F",
            description =
                    "share of the machine's memory for adapters; those used longest ago leave when it is full, 0 serves"
                            + " only what is loaded at the start (default: ${DEFAULT-VALUE})")
    double memoryFraction = 0.1;

    @Option(
            names = "--adapter-memory-bytes",
            defaultValue = "${env:ADAPTER_MEMORY_BYTES:--1}",
            paramLabel = "N",
            description = "the same in bytes (default: what --adapter-memory-fraction says)")
    long memoryBytes = -1;

    @Option(
            names = "--max-active-adapters",
            defaultValue = "${env:MAX_ACTIVE_ADAPTERS:-1024}",
            paramLabel = "N",
            description = "adapters in memory at once (default: ${DEFAULT-VALUE})")
    int maxActive = 1024;

    @Option(
            names = "--adapter-cycle-time-s",
            defaultValue = "${env:ADAPTER_CYCLE_TIME_S:-2}",
            paramLabel = "N",
            description = "how long an adapter may be in use without a break while others wait for its memory"
                    + " (default: ${DEFAULT-VALUE})")
    int cycleSeconds = 2;

    @Option(
            names = "--adapter-recheck-s",
            defaultValue = "${env:ADAPTER_RECHECK_S:-30}",
            paramLabel = "N",
            description =
                    "how long a source's answer about an adapter — which version, and whether this caller may have it —"
                            + " is believed (default: ${DEFAULT-VALUE})")
    int recheckSeconds = 30;

    @Option(
            names = "--preloaded-adapter-ids",
            defaultValue = "${env:PRELOADED_ADAPTER_IDS:-}",
            split = ",",
            paramLabel = "ID",
            description =
                    "adapters that are loaded at the start and stay in memory; repeatable, others can be used as well")
    List<String> preloaded = List.of();

    @Option(
            names = "--preloaded-adapter-source",
            defaultValue = "${env:PRELOADED_ADAPTER_SOURCE:-}",
            paramLabel = "SOURCE",
            description = "where they come from (default: that of --adapter-source)")
    String preloadedSource = "";

    @Option(
            names = "--local-adapter-root",
            defaultValue = "${env:LOCAL_ADAPTER_ROOT:-.,/data}",
            split = ",",
            paramLabel = "DIR",
            description =
                    "folders below which requests may name adapters of source local; repeatable (default: the working"
                            + " directory and /data)")
    List<Path> localRoots = List.of(Path.of("."), Path.of("/data"));

    @Option(
            names = "--dynamic-medusa-v1",
            defaultValue = "${env:DYNAMIC_MEDUSA_V1:-false}",
            description = "let requests name Medusa adapters of version 1, whose heads bring LM heads of their own")
    boolean dynamicMedusaV1;

    @Option(
            names = "--merge-adapter-weights",
            defaultValue = "${env:MERGE_ADAPTER_WEIGHTS:-false}",
            description = "fold the LoRA of --adapter-id into the base model; requests cannot name LoRAs then")
    boolean mergeWeights;

    /** Checks what picocli cannot. */
    void validate() {
        if (!(memoryFraction >= 0 && memoryFraction <= 1)) {
            throw Mistakes.bad(command, "--adapter-memory-fraction must be from 0 to 1, got " + memoryFraction);
        }
        if (memoryBytes < -1 || maxActive < 0 || cycleSeconds < 0 || recheckSeconds < 0) {
            throw Mistakes.bad(command, "limits of adapters must not be negative");
        }
        if (!preloadedSource.isEmpty() && AdapterSource.parse(preloadedSource).isEmpty()) {
            throw Mistakes.bad(
                    command, "--preloaded-adapter-source is " + preloadedSource + "; choose hub, local, s3 or pbase");
        }
    }

    RegistryLimits limits() {
        long bytes = memoryBytes >= 0 ? memoryBytes : (long) (memoryFraction * physicalMemory());
        return new RegistryLimits(
                bytes, maxActive, Duration.ofSeconds(cycleSeconds), Duration.ofSeconds(recheckSeconds), 1);
    }

    /** The adapters to load at the start. */
    List<String> preloadedIds() {
        return preloaded.stream().filter(id -> !id.isBlank()).toList();
    }

    /** Bytes of memory that this machine, or container, has. */
    static long physicalMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
    }
}
