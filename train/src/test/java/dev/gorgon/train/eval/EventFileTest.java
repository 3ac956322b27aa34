package dev.gorgon.train.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    @Test
    void checksumsAreMasked() {
        // CRC-32C of "123456789" is e3069283: rotated right by 15 bits, plus a282ead8
        int rotated = 0xe3069283 >>> 15 | 0xe3069283 << 17;
        assertThat(EventFile.maskedChecksum("123456789".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(rotated + 0xa282ead8);
    }

    /** Field by field as the encoding of protocol buffers prescribes. */
    @Test
    void eventsAreProtocolBuffers() {
        assertThat(HexFormat.of().formatHex(EventFile.version(1.0)))
                .isEqualTo("09" + "000000000000f03f" + "1a0d" + hex("brain.Event:2"));
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("a", 0.5);
        values.put("bc", -2.0);
        String first = "0a01" + hex("a") + "150000003f";
        String second = "0a02" + hex("bc") + "15000000c0";
        String summary = "0a08" + first + "0a09" + second;
        assertThat(HexFormat.of().formatHex(EventFile.event(1.0, 300, values)))
                .isEqualTo("09" + "000000000000f03f" + "10ac02" + "2a15" + summary);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void filesHaveAVersionFirstAndWholeRecords(@TempDir Path folder) throws IOException {
        try (EventFile file = EventFile.create(folder.resolve("runs"), 1_700_000_000_123L);
                EventFile another = EventFile.create(folder.resolve("runs"), 1_700_000_000_456L)) {
            file.scalars(1_700_000_001_000L, 7, Map.of("loss", 3.0));
            another.scalars(1_700_000_001_000L, 7, Map.of("x".repeat(1000), 3.0));
        }
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder.resolve("runs"))) {
            files = listed.sorted().toList();
        }
        assertThat(files)
                .extracting(path -> path.getFileName().toString())
                .containsExactly("events.out.tfevents.1700000000.gorgon.0", "events.out.tfevents.1700000000.gorgon.1");
        byte[] version = EventFile.record(EventFile.version(1_700_000_000.123));
        byte[] scalars = EventFile.record(EventFile.event(1_700_000_001.0, 7, Map.of("loss", 3.0)));
        assertThat(Files.readAllBytes(files.get(0)))
                .startsWith(version)
                .endsWith(scalars)
                .hasSize(version.length + scalars.length);
        assertThat(version).startsWith(version.length - 16, 0, 0, 0, 0, 0, 0, 0);
    }
}
