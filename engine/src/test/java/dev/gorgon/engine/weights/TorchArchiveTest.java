package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchArchiveTest {

    private static final Path DEMO =
            DemoFolders.folder("stheno-8m-terse-lora-bin").resolve("adapter_model.bin");

    @Test
    void holdsTheSameTensorsAsItsSafetensorsTwin() {
        Path twin = DemoFolders.folder("stheno-8m-terse-lora").resolve("adapter_model.safetensors");
        try (TorchArchive archive = TorchArchive.open(DEMO);
                Safetensors safetensors = Safetensors.open(twin)) {
            assertThat(archive.names()).isEqualTo(safetensors.names());
            for (String name : archive.names()) {
                assertThat(archive.tensor(name).shape())
                        .isEqualTo(safetensors.tensor(name).shape());
                for (long i = 0; i < archive.tensor(name).elements(); i++) {
                    assertThat(archive.tensor(name).at(i))
                            .isEqualTo(safetensors.tensor(name).at(i));
                }
            }
        }
    }

    private static byte[] pickle(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            byte[] bytes = part instanceof Integer opcode
                    ? new byte[] {(byte) (int) opcode}
                    : ((String) part).getBytes(StandardCharsets.ISO_8859_1);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    private static Path archive(Path folder, byte[] pickle) throws IOException {
        Path file = folder.resolve("adapter_model.bin");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle);
        }
        return file;
    }

    /** Each would run a command, or build an object by code, if it were unpickled by Python. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void refusesCodeAndRunsNothing(int which, @TempDir Path folder) throws IOException {
        Path marker = folder.resolve("ran");
        String command = "touch " + marker;
        String text = "X" + (char) command.length() + "\0\0\0" + command;
        byte[] evil = switch (which) {
            case 0 -> pickle(0x80, 2, "cos\nsystem\n", text, 0x85, "R.");
            case 1 -> pickle(0x80, 2, "cposix\nsystem\n", text, 0x85, "R.");
            case 2 -> pickle(0x80, 4, 0x8c, "\u0002os", 0x8c, "\u0006system", 0x93, text, 0x85, "R.");
            case 3 -> pickle(0x80, 2, "cbuiltins\neval\n", text, 0x85, "R.");
            case 4 -> pickle("(ios\nsystem\n."); // INST
            case 5 -> pickle(0x80, 2, "(cos\nsystem\n", text, "o."); // OBJ
            case 6 -> pickle(0x80, 2, "csubprocess\nPopen\n", text, 0x85, 0x81, "."); // NEWOBJ
            default -> pickle(0x80, 2, "ctorch\nload\n", text, 0x85, "R.");
        };
        assertThatThrownBy(() -> TorchArchive.open(archive(folder, evil)).close())
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining("pickle");
        assertThat(marker).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void refusesPicklesThatAreTooMuchOrTooLittle(int which, @TempDir Path folder) throws IOException {
        byte[] pickle = switch (which) {
            case 0 -> pickle(0x80, 2);
            case 1 -> pickle("X\u00ff\u00ff\u00ff\u007f", "short.");
            case 2 -> pickle("j\u00ff\u00ff\u00ff\u007f.");
            case 3 -> pickle("R.");
            case 4 -> {
                byte[] deep = new byte[2 << 20];
                Arrays.fill(deep, (byte) ']');
                yield deep;
            }
            default -> pickle(0x80, 2, "K\u0001.");
        };
        assertThatThrownBy(() -> TorchArchive.open(archive(folder, pickle)).close())
                .isInstanceOf(WeightsException.class);
    }

    @Test
    void survivesDamageAnywhere(@TempDir Path folder) throws IOException {
        byte[] good = Files.readAllBytes(DEMO);
        SplittableRandom random = new SplittableRandom(7);
        Path file = folder.resolve("adapter_model.bin");
        for (int i = 0; i < 400; i++) {
            byte[] bad = good.clone();
            if (i % 4 == 0) {
                bad = Arrays.copyOf(bad, random.nextInt(bad.length));
            } else {
                // the pickle and the directory are at the two ends
                int at = random.nextBoolean() ? random.nextInt(6000) : bad.length - 1 - random.nextInt(6000);
                bad[at] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, bad);
            try (TorchArchive archive = TorchArchive.open(file)) {
                archive.names();
            } catch (WeightsException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    void theOldFormatIsRefusedClearly(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("adapter_model.bin"), pickle(0x80, 2, 0x8a, "\n"));
        assertThatThrownBy(() -> TorchArchive.open(file).close()).hasMessageContaining("convert it to safetensors");
    }
}
