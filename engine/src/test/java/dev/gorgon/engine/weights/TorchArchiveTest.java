package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchArchiveTest {

    private static final Path DEMO =
            DemoFolders.folder("stheno-8m-terse-lora-bin").resolve("adapter_model.bin");

    @Test
    void holdsTheSameTensorsAsItsSafetensorsTwin() {
        Path twin = DemoFolders.folder("stheno-8m-terse-lora").resolve("adapter_model.safetensors");
        try (TorchArchive archive = TorchArchive.open(DEMO, ReadLimits.ADAPTER);
                Safetensors safetensors = Safetensors.open(twin, ReadLimits.ADAPTER)) {
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

    @Test
    void theOldFormatIsRefusedClearly(@TempDir Path folder) throws IOException {
        Path file = Files.write(
                folder.resolve("adapter_model.bin"),
                Pickles.pickle(0x80, 2, 0x8a, "\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019."));
        assertThatThrownBy(() -> TorchArchive.open(file, ReadLimits.ADAPTER).close())
                .hasMessageContaining("convert it to safetensors");
    }
}
