package dev.gorgon.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDemoTest {

    @Test
    void theIndexNamesExactlyTheFilesThatAreThere() throws IOException {
        Path root = EmbeddedDemo.folder("stheno-8m").orElseThrow().getParent();
        Map<String, String> actual = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(f -> !f.getParent().equals(root))
                    .toList()) {
                actual.put(root.relativize(file).toString(), EmbeddedDemo.sha256(Files.readAllBytes(file)));
            }
        }
        Map<String, String> indexed = new TreeMap<>();
        for (String line : Files.readAllLines(root.resolve("index.txt"))) {
            indexed.put(line.substring(65), line.substring(0, 64));
        }
        assertThat(indexed).isEqualTo(actual);
    }

    @Test
    void namesThatAreNotInTheIndexDoNotExist() {
        for (String name :
                new String[] {"", ".", "..", "../demo", "stheno-8m/..", "stheno-8m/", "/etc", "data", "STHENO-8M"}) {
            assertThat(EmbeddedDemo.folder(name)).as(name).isEmpty();
        }
        assertThat(EmbeddedDemo.names())
                .contains("stheno-8m", "stheno-8m-medusa")
                .doesNotContain("data");
        assertThat(EmbeddedDemo.data().resolve("prompts-sharegpt.json")).exists();
    }

    /** A jar with the class and its resources, as an installed program has it. */
    private static Class<?> fromJar(Path jar) throws Exception {
        Path classes = Path.of(URI.create(EmbeddedDemo.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString()));
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream archive = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                archive.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, archive);
            }
        }
        URLClassLoader loader =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
        return loader.loadClass(EmbeddedDemo.class.getName());
    }

    @Test
    void unpacksFromAJarOnceAlsoWhenManyAskAtOnce(@TempDir Path temp) throws Exception {
        Class<?> anchor = fromJar(temp.resolve("gorgon.jar"));
        Path cache = temp.resolve("cache");
        List<CompletableFuture<Path>> folders = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            folders.add(CompletableFuture.supplyAsync(() ->
                    new EmbeddedDemo(anchor, cache).find("stheno-8m-medusa").orElseThrow()));
        }
        Path first = folders.getFirst().join();
        assertThat(first).startsWith(cache);
        for (CompletableFuture<Path> folder : folders) {
            assertThat(folder.join()).isEqualTo(first);
        }
        Path original = EmbeddedDemo.folder("stheno-8m-medusa").orElseThrow();
        for (String file : new String[] {"config.json", "medusa_lm_head.safetensors"}) {
            assertThat(Files.mismatch(first.resolve(file), original.resolve(file)))
                    .isEqualTo(-1);
        }
        try (Stream<Path> left = Files.list(first.getParent())) {
            assertThat(left).containsExactly(first);
        }
    }

    @Test
    void fallsBackToATemporaryFolderWhenTheCacheCannotBeWritten(@TempDir Path temp) throws Exception {
        Class<?> anchor = fromJar(temp.resolve("gorgon.jar"));
        Path cache = Files.writeString(temp.resolve("cache"), "a file where the folder should be");
        Path folder =
                new EmbeddedDemo(anchor, cache).find("stheno-8m-terse-lora").orElseThrow();
        assertThat(folder.startsWith(cache)).isFalse();
        assertThat(folder.resolve("adapter_config.json")).exists();
    }
}
