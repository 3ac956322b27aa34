package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
    @TempDir
    Path folder;

    /** The published check values of each function over the digits 1 to 9. */
    @ParameterizedTest
    @CsvSource({
        "SHA256, 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        "MD5, 25f9e794323b453885f5181f1b624d0b",
        "CRC64NVME, ae8b14860a799888",
        "CRC32C, e3069283",
        "CRC32, cbf43926"
    })
    void agreesWithThePublishedCheckValues(Fingerprint.Kind kind, String hex) throws IOException {
        byte[] value = HexFormat.of().parseHex(hex);
        Path file = Files.writeString(folder.resolve("digits"), "123456789");
        assertThat(kind.bytes()).isEqualTo(value.length);
        assertThat(new Fingerprint(kind, value).matches(file)).isTrue();
        Files.writeString(file, "123456788");
        assertThat(new Fingerprint(kind, value).matches(file)).isFalse();
    }

    @Test
    void readsFilesLargerThanItsBuffer() throws IOException {
        byte[] content = new byte[1_000_000];
        Path file = Files.write(folder.resolve("zeros"), content);
        Crc64Nvme sum = new Crc64Nvme();
        sum.update(content, 0, content.length);
        byte[] value = HexFormat.of().parseHex("%016x".formatted(sum.getValue()));
        assertThat(new Fingerprint(Fingerprint.Kind.CRC64NVME, value).matches(file))
                .isTrue();
        sum.reset();
        assertThat(sum.getValue()).isZero();
    }
}
