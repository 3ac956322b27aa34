package dev.gorgon.cli;

import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options about where files come from; each overrides the environment variable that the sources read. */
final class SourceOptions {

    @Option(
            names = "--huggingface-hub-cache",
            paramLabel = "DIR",
            description = "folder of downloads, as huggingface_hub lays it out (default: $HF_HUB_CACHE, else"
                    + " ~/.cache/huggingface/hub)")
    String hubCache = "";

    @Option(
            names = "--predibase-api-token",
            paramLabel = "TOKEN",
            description =
                    "the server's own token for adapters of source pbase; better given as the environment variable"
                            + " PREDIBASE_API_TOKEN")
    String predibaseToken = "";

    /** The environment as the options change it. */
    Map<String, String> over(Map<String, String> environment) {
        Map<String, String> changed = new HashMap<>(environment);
        if (!hubCache.isEmpty()) {
            changed.put("HF_HUB_CACHE", hubCache);
        }
        if (!predibaseToken.isEmpty()) {
            changed.put("PREDIBASE_API_TOKEN", predibaseToken);
        }
        return changed;
    }
}
