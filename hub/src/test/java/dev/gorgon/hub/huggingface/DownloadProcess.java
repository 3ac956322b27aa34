package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A process of its own that fetches {@link HubFixture#ADAPTER}, to be killed. Arguments: the hub's address, the cache. */
final class DownloadProcess {
    private static final Patience PATIENT = new Patience(
            Duration.ofSeconds(30), Duration.ofSeconds(30), 4, Duration.ofMillis(100), Duration.ofSeconds(3));

    private DownloadProcess() {}

    public static void main(String[] arguments) {
        HubSettings settings =
                new HubSettings(URI.create(arguments[0]), Path.of(arguments[1]), false, true, Credential.NONE, false);
        Progress progress = new Progress() {
            @Override
            public void begin(String file, long bytes, long present) {
                System.out.printf(Locale.ROOT, "begin %s %d%n", file, present);
            }
        };
        try (HubSource source = new HubSource(settings, PATIENT, DownloadLimits.DEFAULT)) {
            Located located = source.locate(HubFixture.ADAPTER, Credential.NONE);
            System.out.println("folder " + source.fetch(located, Contents.ADAPTER, Credential.NONE, progress));
        }
    }

    static Process start(URI endpoint, Path cache, Path log) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DownloadProcess.class.getName(),
                        endpoint.toString(),
                        cache.toString()))
                .redirectOutput(log.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
