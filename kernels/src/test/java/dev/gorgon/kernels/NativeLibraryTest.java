package dev.gorgon.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {

    @TempDir
    Path folder;

    private static void refused(Path library, String message) {
        assertThatThrownBy(() -> NativeLibrary.load(library.toString()))
                .isInstanceOf(NativeLibrary.UnavailableException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aMissingLibraryIsNamed() {
        refused(folder.resolve("absent.so"), "there is no native library");
    }

    @Test
    void aFileThatIsNoLibraryIsRefused() throws IOException {
        refused(Files.writeString(folder.resolve("libgorgon.so"), "not a library"), "cannot be loaded");
        refused(Files.createFile(folder.resolve("empty.so")), "cannot be loaded");
    }

    @Test
    void someOtherLibraryIsRefused() throws IOException {
        try (Stream<Path> files = Files.find(
                Path.of(System.getProperty("java.home"), "lib"), 1, (file, attributes) -> file.endsWith("libzip.so"))) {
            Path foreign = files.findFirst().orElse(null);
            assumeTrue(foreign != null, "no libzip.so in this JDK");
            refused(foreign, "is not a library of Gorgon's kernels");
        }
    }

    @Test
    void instructionSetsThatAreNotThereAreRefusedWithTheList() {
        assumeTrue(KernelProviders.available().getFirst().startsWith("native"), "no native kernels here");
        assertThatThrownBy(() -> KernelProviders.select("native-mmx"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("avx2")
                .hasMessageContaining("choose auto or portable");
        assertThatThrownBy(() -> KernelProviders.select("fast"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("choose auto, native, portable or scalar");
    }

    @Test
    void autoIsTheBestThatIsAvailable() {
        String best = KernelProviders.available().getFirst();
        String name = KernelProviders.select("auto").name();
        assertThat(name).isEqualTo(KernelProviders.select(best).name());
        assertThat(KernelProviders.available()).endsWith("scalar");
    }
}
