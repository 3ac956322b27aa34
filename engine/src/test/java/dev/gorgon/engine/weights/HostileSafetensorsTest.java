package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Safetensors headers of every bad kind. */
class HostileSafetensorsTest {

    @TempDir
    Path folder;

    private void write(byte[] bytes) throws IOException {
        Files.write(folder.resolve("adapter_model.safetensors"), bytes);
    }

    private String refusal(String header, int dataBytes) throws IOException {
        write(SafetensorsTest.file(header, dataBytes));
        return Refusals.ofAdapter(folder, 4);
    }

    private static String tensor(String type, String shape, String offsets) {
        return "{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}".formatted(type, shape, offsets);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'F32'  | [1]          | [0,8] | takes 4 bytes, not 8",
                "'F32'  | [3]          | [0,8] | takes 12 bytes, not 8",
                "'F32'  | [-2]         | [0,8] | whole number",
                "'F32'  | [-2,-1]      | [0,8] | whole number",
                "'F32'  | [2e0]        | [0,8] | whole number",
                "'F32'  | [2.0]        | [0,8] | whole number",
                "'F32'  | ['2']        | [0,8] | whole number",
                "'F32'  | [null]       | [0,8] | whole number",
                "'F32'  | [[2]]        | [0,8] | whole number",
                "'F32'  | [true]       | [0,8] | whole number",
                "'F32'  | [9223372036854775808] | [0,8] | whole number",
                "'F32'  | [18446744073709551618] | [0,8] | whole number",
                "'F32'  | [4611686018427387905,2] | [0,8] | overflow",
                "'F32'  | [4294967296,4294967296] | [0,8] | overflow",
                "'F32'  | [9223372036854775807,0] | [0,8] | overflow",
                "'F32'  | [0]          | [0,8] | takes 0 bytes",
                "'F32'  | 2            | [0,8] | must be lists",
                "'F32'  | {}           | [0,8] | must be lists",
                "'F32'  | null         | [0,8] | must be lists",
                "'F32'  | [2,1,1,1,1,1,1,1,1] | [0,8] | more than 8 dimensions",
                "'F32'  | [2]          | [0,8,8] | outside",
                "'F32'  | [2]          | [8]   | outside",
                "'F32'  | [2]          | []    | outside",
                "'F32'  | [2]          | [8,0] | outside",
                "'F32'  | [2]          | [-8,0] | whole number",
                "'F32'  | [2]          | [0,9] | outside",
                "'F32'  | [2]          | [4611686018427387904,4611686018427387912] | outside",
                "'F32'  | [2]          | '0,8' | must be lists",
                "'F8_E4M3' | [8]       | [0,8] | unknown dtype \"F8_E4M3\"; convert it",
                "'f32'  | [2]          | [0,8] | unknown dtype",
                "''     | [2]          | [0,8] | unknown dtype",
                "3      | [2]          | [0,8] | unknown dtype",
                "null   | [2]          | [0,8] | unknown dtype",
                "'U8'   | [4]          | [4,8] | begins after a gap of 4 bytes",
            })
    void descriptionsThatAreWrong(String type, String shape, String offsets, String reason) throws IOException {
        String header = "{\"a\":" + tensor(type, shape, offsets).replace('\'', '"') + "}";
        assertThat(refusal(header, 8)).contains("tensor a in ").contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | 4 bytes after its last tensor",
                "{} | 8 bytes after its last tensor",
                "{'a':7} | is not described by an object",
                "{'a':[]} | is not described by an object",
                "{'a':{}} | lacks shape",
                "{'a':{'shape':[8],'data_offsets':[0,8]}} | lacks shape, data_offsets or dtype",
                "{'a':{'dtype':'U8','dtype':'U8','shape':[8],'data_offsets':[0,8]}} | has dtype twice",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | tensor a in",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | tensor b in",
                "{'a':{'dtype':'U8','shape':[6],'data_offsets':[0,6]},'b':{'dtype':'U8','shape':[4],'data_offsets':[4,8]}} | overlaps tensor a",
                "{'__metadata__':[],'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | __metadata__ that is not an object",
                "{'__metadata__':'x','a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | __metadata__ that is not an object",
                "{'__metadata__':{'a':1}} | a value that is not a text",
                "{'__metadata__':{'a':{}}} | a value that is not a text",
                "{'__metadata__':{'a':'b','a':'b'}} | has the metadata a twice",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} {} | goes on after its JSON object",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}}x | not valid JSON",
                "null | not a JSON object",
                "[1] | not a JSON object",
                "{'a':{'dtype':'U8','shape':[NaN],'data_offsets':[0,8]}} | not valid JSON",
                "{'a':{'dtype':'U8','shape':[8,],'data_offsets':[0,8]}} | not valid JSON",
                "{'a':{'dtype':'U8','shape':[8] | it ends too early",
                "{a:1} | not valid JSON",
                "{/**/} | not valid JSON",
            })
    void headersThatAreWrong(String header, String reason) throws IOException {
        assertThat(refusal(header.replace('\'', '"'), 8)).contains(reason);
    }

    @Test
    void soundHeadersWithOddButValidParts() throws IOException {
        String empty = tensor("\"F32\"", "[0,4]", "[0,0]");
        String unaligned = tensor("\"F16\"", "[2]", "[1,5]");
        String future = "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"note\":[{\"x\":[1]},2]}";
        write(SafetensorsTest.file(
                "{\"empty\":" + empty + ",\"unaligned\":" + unaligned + ",\"\\u00e9\":" + future + "}    ", 5));
        try (Checkpoint checkpoint = Checkpoint.openAdapter(folder)) {
            assertThat(checkpoint.names()).containsExactlyInAnyOrder("empty", "unaligned", "\u00e9");
            assertThat(checkpoint.tensor("empty").elements()).isZero();
            assertThat(checkpoint.tensor("unaligned").at(1)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 17, 1L << 32, 100_000_000})
    void lengthsBeyondTheFile(long length) throws IOException {
        write(ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put("{}".getBytes(StandardCharsets.UTF_8))
                .array());
        assertThat(Refusals.ofAdapter(folder, 4)).contains("Header extends past end of file");
    }

    @Test
    void anEmptyHeader() throws IOException {
        write(new byte[8]);
        assertThat(Refusals.ofAdapter(folder, 4)).contains("not a JSON object");
        write(SafetensorsTest.file(" {}", 0));
        assertThat(Refusals.ofAdapter(folder, 4)).contains("not a JSON object");
        write(new byte[0]);
        assertThat(Refusals.ofAdapter(folder, 4)).contains("less than 8 bytes");
    }

    @Test
    void headersThatAreHuge() throws IOException {
        try (RandomAccessFile sparse =
                new RandomAccessFile(folder.resolve("adapter_model.safetensors").toFile(), "rw")) {
            sparse.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(99_000_000)
                    .array());
            sparse.setLength(100_000_000);
        }
        assertThat(Refusals.ofAdapter(folder, 1)).contains("99000000 bytes; it may have 33554432 at most");
    }

    @Test
    void textThatIsNotUtf8() throws IOException {
        byte[] file = SafetensorsTest.file("{\"a?\":" + tensor("\"U8\"", "[8]", "[0,8]") + "}", 8);
        for (int bad : new int[] {0xff, 0xc0, 0x80, 0xed}) {
            file[8 + 3] = (byte) bad;
            write(file);
            assertThat(Refusals.ofAdapter(folder, 4)).contains("it is not UTF-8 text");
        }
        write(SafetensorsTest.file("\ufeff{}", 0));
        assertThat(Refusals.ofAdapter(folder, 4)).contains("not a JSON object");
        byte[] utf16 = "{\"a\":{}}".getBytes(StandardCharsets.UTF_16LE);
        write(ByteBuffer.allocate(8 + utf16.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(utf16.length)
                .put(utf16)
                .array());
        assertThat(Refusals.ofAdapter(folder, 4)).contains("not valid JSON");
    }

    @Test
    void nestingNamesAndNumbersWithoutEnd() throws IOException {
        String deep = "[".repeat(1 << 20);
        assertThat(refusal("{\"a\":{\"x\":" + deep, 0)).contains("nesting too deep");
        assertThat(refusal("{\"a\":{\"shape\":[" + "1".repeat(1 << 20), 0)).contains("number is too long");
        assertThat(refusal("{\"" + "n".repeat(1 << 20) + "\":{}}", 0)).contains("is too long");
        assertThat(refusal("{\"" + "n".repeat(2000) + "\":{}}", 0)).contains("has a name of 2000 characters");
        assertThat(refusal("{\"a\":{\"dtype\":\"" + "F".repeat(1 << 20) + "\"}}", 0))
                .contains("unknown dtype \"FFF");
        assertThat(refusal("{\"a\":{\"shape\":[" + "1,".repeat(1 << 20), 0)).contains("more than 8 dimensions");
        assertThat(refusal("{\"a\\u0000\\n\\u001b[31m\":{}}", 0)).contains("tensor a???[31m in");
    }

    /** A header of so many empty tensors. */
    private void many(int count) throws IOException {
        StringBuilder header = new StringBuilder(60 * count).append('{');
        for (int i = 0; i < count; i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"t")
                    .append(i)
                    .append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }
        write(SafetensorsTest.file(header.append('}').toString(), 0));
    }

    @Test
    void aMillionTensors() throws IOException {
        many(1_000_000);
        assertThat(Refusals.ofAdapter(folder, 1)).contains("it may have 33554432 at most");
    }

    @Test
    void asManyTensorsAsAllowedAndOneMore() throws IOException {
        many(100_000);
        try (Checkpoint checkpoint = Checkpoint.openAdapter(folder)) {
            assertThat(checkpoint.names()).hasSize(100_000);
        }
        many(100_001);
        assertThat(Refusals.ofAdapter(folder, 80)).contains("more than 100000 tensors");
    }

    @Test
    void manyTensorsInManyFiles() throws IOException {
        many(60_000);
        Path first = folder.resolve("adapter_model.safetensors");
        Path second = Files.move(first, folder.resolve("second.safetensors"));
        Files.writeString(
                first,
                Files.readString(second, StandardCharsets.ISO_8859_1).replace("\"t", "\"u"),
                StandardCharsets.ISO_8859_1);
        assertThat(Refusals.ofAdapter(folder, 120)).contains("more than 100000 tensors");
    }
}
