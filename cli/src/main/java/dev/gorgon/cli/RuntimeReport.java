package dev.gorgon.cli;

import dev.gorgon.kernels.KernelProviders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What {@code --env} prints: the facts about program, machine and environment that a bug report needs, and no secret. */
final class RuntimeReport {

    /** Prefixes of the variables that sources and engine read. */
    private static final List<String> PREFIXES = List.of(
            "HF_", "HUGGING", "LORAX_", "GORGON_", "PREDIBASE_", "S3_", "R2_", "AWS_", "OTEL_", "XDG_CACHE_HOME");

    private static final Set<String> SECRET = Set.of("TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL", "HEADERS");

    private RuntimeReport() {}

    /** One fact per line. */
    static List<String> lines(ModelOptions options, Map<String, String> environment) {
        List<String> lines = new ArrayList<>();
        lines.add("gorgon: " + Main.version());
        lines.add("java: " + System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
        lines.add("system: " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch"));
        lines.add("processors: " + Runtime.getRuntime().availableProcessors());
        lines.add("memory: " + (AdapterOptions.physicalMemory() >> 20) + " MiB, heap "
                + (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
        lines.add("kernels: " + kernels(options));
        new TreeMap<>(environment).forEach((name, value) -> {
            if (PREFIXES.stream().anyMatch(name::startsWith)) {
                lines.add(name + ": " + (SECRET.stream().anyMatch(name::contains) ? "(set)" : value));
            }
        });
        return lines;
    }

    private static String kernels(ModelOptions options) {
        try {
            return KernelProviders.select(options.kernels).name();
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
