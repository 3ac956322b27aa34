package dev.gorgon.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The part of a GGUF file before the data: key/value pairs and the descriptions of tensors. */
final class GgufHeader {

    private static final int VERSION = 3;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    /** Types of vocabulary entries. */
    private static final int NORMAL = 1;

    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private int pairCount;

    private static void put(ByteArrayOutputStream out, ByteBuffer buffer) {
        out.writeBytes(buffer.array());
    }

    private static void putInt(ByteArrayOutputStream out, int value) {
        put(out, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value));
    }

    private static void putLong(ByteArrayOutputStream out, long value) {
        put(out, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value));
    }

    private static void putText(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        putLong(out, bytes.length);
        out.writeBytes(bytes);
    }

    private void key(String key, int type) {
        pairCount++;
        putText(pairs, key);
        putInt(pairs, type);
    }

    private void array(String key, int type, int length) {
        key(key, ARRAY);
        putInt(pairs, type);
        putLong(pairs, length);
    }

    void text(String key, String value) {
        key(key, STRING);
        putText(pairs, value);
    }

    void number(String key, int value) {
        key(key, UINT32);
        putInt(pairs, value);
    }

    void real(String key, float value) {
        key(key, FLOAT32);
        putInt(pairs, Float.floatToRawIntBits(value));
    }

    /** Unknown, begin, end, the 256 bytes, and numbered words. */
    void placeholderVocabulary(int size) {
        text("tokenizer.ggml.model", "llama");
        array("tokenizer.ggml.tokens", STRING, size);
        List<String> special = List.of("<unk>", "<s>", "</s>");
        for (int i = 0; i < size; i++) {
            int value = i - special.size();
            putText(
                    pairs,
                    i < special.size() ? special.get(i) : value < 256 ? "<0x%02X>".formatted(value) : "word" + i);
        }
        array("tokenizer.ggml.scores", FLOAT32, size);
        for (int i = 0; i < size; i++) {
            putInt(pairs, Float.floatToRawIntBits(-i));
        }
        array("tokenizer.ggml.token_type", INT32, size);
        for (int i = 0; i < size; i++) {
            putInt(pairs, i == 0 ? UNKNOWN : i < special.size() ? CONTROL : i < 259 ? BYTE : NORMAL);
        }
        number("tokenizer.ggml.bos_token_id", 1);
        number("tokenizer.ggml.eos_token_id", 2);
    }

    /** @param shape outermost dimension first */
    void tensor(String name, List<Long> shape, int type, long offset) {
        putText(tensors, name);
        putInt(tensors, shape.size());
        for (long size : shape.reversed()) {
            putLong(tensors, size);
        }
        putInt(tensors, type);
        putLong(tensors, offset);
    }

    byte[] bytes(int tensorCount) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        putInt(out, VERSION);
        putLong(out, tensorCount);
        putLong(out, pairCount);
        out.writeBytes(pairs.toByteArray());
        out.writeBytes(tensors.toByteArray());
        return out.toByteArray();
    }
}
