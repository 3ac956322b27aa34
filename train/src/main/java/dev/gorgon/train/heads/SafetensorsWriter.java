package dev.gorgon.train.heads;

import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Writes parameters as a safetensors file in bfloat16: length and JSON header, then the tensors in order of their names. */
final class SafetensorsWriter {

    private static final int BUFFER = 1 << 20;

    private SafetensorsWriter() {}

    static void write(Path file, HeadParameters parameters) {
        List<HeadParameters.Named> tensors = parameters.all();
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        long at = 0;
        for (HeadParameters.Named tensor : tensors) {
            FloatMatrix values = tensor.values();
            long bytes = 2L * values.rows() * values.columns();
            header.put(
                    tensor.name(),
                    new Entry(
                            "BF16",
                            tensor.isBias() ? List.of(values.columns()) : List.of(values.rows(), values.columns()),
                            List.of(at, at + bytes)));
            at += bytes;
        }
        byte[] json = JsonMapper.shared().writeValueAsBytes(header);
        int padded = (json.length + 7) / 8 * 8; // with spaces, so that the data is aligned
        AtomicFiles.write(file, channel -> {
            ByteBuffer start = ByteBuffer.allocate(8 + padded)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(padded)
                    .put(json)
                    .put(" ".repeat(padded - json.length).getBytes(StandardCharsets.US_ASCII));
            AtomicFiles.put(channel, start.flip());
            for (HeadParameters.Named tensor : tensors) {
                write(channel, tensor.values());
            }
        });
    }

    /** What the header says of a tensor, in the format's own words. */
    private record Entry(String dtype, List<Integer> shape, List<Long> data_offsets) {}

    private static void write(FileChannel channel, FloatMatrix values) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        long count = (long) values.rows() * values.columns();
        for (long i = 0; i < count; i++) {
            if (!buffer.hasRemaining()) {
                AtomicFiles.put(channel, buffer.flip());
                buffer.clear();
            }
            buffer.putShort(BFloat16.fromFloat(values.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        AtomicFiles.put(channel, buffer.flip());
    }
}
