package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders whose files are not files, are too many, too large, or do not stay as they are. */
class HostileFolderTest {

    private static final String WEIGHTS = "adapter_model.safetensors";

    @TempDir
    Path folder;

    private static void pipe(Path path) throws Exception {
        assumeTrue(
                new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0, "this system has no named pipes");
    }

    @Test
    void pipesDevicesAndFoldersAreNotWaitedFor() throws Exception {
        Path pipe = folder.resolve(WEIGHTS);
        pipe(pipe);
        Files.createDirectory(folder.resolve("more.safetensors"));
        Files.createSymbolicLink(folder.resolve("zero.safetensors"), Path.of("/dev/zero"));
        Files.createSymbolicLink(folder.resolve("loop.safetensors"), folder.resolve("loop.safetensors"));
        Files.createSymbolicLink(folder.resolve("gone.safetensors"), folder.resolve("nowhere"));
        assertThat(Refusals.ofAdapter(folder, 1)).contains("No local weights found");
        for (Path path : List.of(pipe, folder.resolve("more.safetensors"), folder.resolve("zero.safetensors"))) {
            assertThat(Refusals.message(() -> Safetensors.open(path, ReadLimits.ADAPTER), path, 1))
                    .contains("is not a regular file");
            assertThat(Refusals.message(() -> TorchArchive.open(path, ReadLimits.ADAPTER), path, 1))
                    .contains("is not a regular file");
            assertThat(Refusals.message(() -> reading(path), path, 1)).contains("is not a regular file");
        }
        Path gone = folder.resolve("gone.safetensors");
        assertThat(Refusals.message(() -> Safetensors.open(gone, ReadLimits.ADAPTER), gone, 1))
                .contains("there is no such file");
        assertThat(Refusals.message(() -> reading(gone), gone, 1)).contains("there is no such file");
    }

    private static AutoCloseable reading(Path config) {
        JsonFile.readObject(config, JsonFile.MAX_CONFIG_BYTES);
        return () -> {};
    }

    @Test
    void foldersThatAreMissingOrFull() throws IOException {
        Path missing = folder.resolve("missing");
        assertThat(Refusals.ofAdapter(missing, 1)).contains("there is no such file");
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThat(Refusals.ofAdapter(file, 1)).contains("cannot list").contains("it is not a folder");
        Path full = Files.createDirectory(folder.resolve("full"));
        for (int i = 0; i < 257; i++) {
            Files.createFile(full.resolve(i + ".safetensors"));
        }
        assertThat(Refusals.ofAdapter(full, 2)).contains("257 weight files; 256 are the most");
        for (int i = 0; i < 10_000; i++) {
            Files.createFile(full.resolve("x" + i));
        }
        assertThat(Refusals.ofAdapter(full, 16)).contains("holds more than 10000 files");
    }

    @Test
    void configurationsThatAreHugeOrWrong() throws IOException {
        Path config = folder.resolve("config.json");
        try (RandomAccessFile sparse = new RandomAccessFile(config.toFile(), "rw")) {
            sparse.setLength(1 << 30);
        }
        assertThat(Refusals.message(() -> reading(config), config, 40)).contains("is larger than 8388608 bytes");
        String[][] wrong = {
            {"", "is not a JSON object"},
            {"[]", "is not a JSON object"},
            {"{", "it ends too early"},
            {"{\"a\":1} x", "is not valid JSON: line 1"},
            {"{\"a\":1,\"a\":2}", "is not valid JSON"},
            {"{\"a\":" + "[".repeat(100_000), "nesting too deep"},
            {"{\"a\":" + "9".repeat(100_000) + "}", "number is too long"},
            {"{\"a\":\"" + "x".repeat(2 << 20) + "\"}", "is too long"},
        };
        for (String[] pair : wrong) {
            Files.writeString(config, pair[0]);
            assertThat(Refusals.message(() -> reading(config), config, 40)).contains(pair[1]);
        }
    }

    /** Reading a mapped page that is gone must neither end the process nor go unnoticed. */
    @Test
    void aFileThatBecomesShorterWhileItIsOpen() throws IOException {
        Path source = DemoFolders.folder("stheno-8m-medusa").resolve("medusa_lm_head.safetensors");
        for (int i = 0; i < 20; i++) {
            Path file = Files.copy(source, folder.resolve(i + ".safetensors"));
            try (Safetensors tensors = Safetensors.open(file, ReadLimits.ADAPTER)) {
                String name = tensors.names().iterator().next();
                FiniteCheck.requireFinite(tensors.tensor(name), name, file);
                try (RandomAccessFile shorter = new RandomAccessFile(file.toFile(), "rw")) {
                    shorter.setLength(4096);
                }
                assertThatThrownBy(() -> {
                            for (String each : tensors.names()) {
                                FiniteCheck.requireFinite(tensors.tensor(each), each, file);
                            }
                        })
                        .isInstanceOf(WeightsException.class)
                        .hasMessageContaining(file.toString())
                        .hasMessageContaining("became shorter while it was loaded");
            }
        }
    }
}
