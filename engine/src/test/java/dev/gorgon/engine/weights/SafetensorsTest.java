package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    static byte[] file(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), bytes);
    }

    @Test
    void readsTypesShapesAndValues() throws IOException {
        byte[] bytes = file(
                "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                        + "\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[8,10]}}",
                10);
        ByteBuffer data = ByteBuffer.wrap(bytes, bytes.length - 10, 10).order(ByteOrder.LITTLE_ENDIAN);
        data.putFloat(1.5f).putFloat(-2f).putShort((short) 0x3F80);
        try (Safetensors tensors = Safetensors.open(write(bytes), ReadLimits.ADAPTER)) {
            assertThat(tensors.names()).containsExactlyInAnyOrder("a", "b");
            assertThat(tensors.tensor("a").shape()).isEqualTo(List.of(1L, 2L));
            assertThat(tensors.tensor("a").at(1)).isEqualTo(-2f);
            assertThat(tensors.tensor("b").dtype()).isEqualTo(DType.BF16);
            assertThat(tensors.tensor("b").at(0)).isEqualTo(1f);
            assertThatThrownBy(() -> tensors.tensor("c")).hasMessageContaining("no tensor c in");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | takes 8 bytes",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}} | outside",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | outside",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} | overflow",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | whole number",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}} | whole number",
                "{\"a\":{\"dtype\":\"F9\",\"shape\":[2],\"data_offsets\":[0,8]}} | unknown dtype",
                "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}} | lacks shape",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{}} | lacks shape",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | overlaps",
                "[] | not a JSON object",
                "{ | not valid JSON",
            })
    void refusesHeadersThatDoNotAddUp(String header, String message) throws IOException {
        Path file = write(file(header, 8));
        assertThatThrownBy(() -> Safetensors.open(file, ReadLimits.ADAPTER).close())
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(file.toString());
    }

    @Test
    void refusesTruncatedFiles() throws IOException {
        byte[] good = Files.readAllBytes(DemoFolders.folder("stheno-8m-medusa").resolve("medusa_lm_head.safetensors"));
        for (int length = 0; length < good.length; length += length < 1200 ? 1 : 4999) {
            Path file = write(Arrays.copyOf(good, length));
            String expected = length < 8 ? "less than 8 bytes" : "";
            assertThatThrownBy(() -> Safetensors.open(file, ReadLimits.ADAPTER).close())
                    .isInstanceOf(WeightsException.class)
                    .hasMessageContaining(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32,7fc00000", "F32,ff800000", "BF16,7f80", "F16,7c00", "F16,fe00"})
    void numbersThatAreNotFiniteAreFound(DType type, String bits) throws IOException {
        int bytes = type.bytes();
        byte[] content = file(
                "{\"a\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[0,%d]}}".formatted(type, 3 * bytes),
                3 * bytes);
        ByteBuffer data = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int at = content.length - 2 * bytes;
        if (bytes == 4) {
            data.putInt(at, Integer.parseUnsignedInt(bits, 16));
        } else {
            data.putShort(at, (short) Integer.parseUnsignedInt(bits, 16));
        }
        try (Safetensors tensors = Safetensors.open(write(content), ReadLimits.ADAPTER)) {
            assertThatThrownBy(() -> FiniteCheck.requireFinite(tensors.tensor("a"), "a", tensors.path()))
                    .hasMessageContaining("tensor a in")
                    .hasMessageContaining("at index 1");
        }
    }

    @Test
    void shardedCheckpoints() throws IOException {
        Files.write(
                folder.resolve("a.safetensors"),
                file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4));
        Files.write(
                folder.resolve("b.safetensors"),
                file("{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4));
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\":{\"a\":\"a.safetensors\",\"b\":\"b.safetensors\"}}");
        try (Checkpoint checkpoint = Checkpoint.openModel(folder)) {
            assertThat(checkpoint.names()).containsExactlyInAnyOrder("a", "b");
        }
        for (String trick :
                new String[] {"../a.safetensors", "/etc/passwd", "a.safetensors/../b.safetensors", ".hidden", "a.bin"
                }) {
            Files.writeString(index, "{\"weight_map\":{\"a\":\"" + trick + "\"}}");
            assertThatThrownBy(() -> Checkpoint.openModel(folder).close())
                    .hasMessageContaining("not a plain safetensors name");
        }
        Files.copy(folder.resolve("a.safetensors"), folder.resolve("c.safetensors"));
        Files.writeString(index, "{\"weight_map\":{\"a\":\"a.safetensors\",\"c\":\"c.safetensors\"}}");
        assertThatThrownBy(() -> Checkpoint.openModel(folder).close()).hasMessageContaining("is in both");
    }
}
