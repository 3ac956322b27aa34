package dev.gorgon.cli;

import dev.gorgon.demo.EmbeddedDemo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.json.JsonMapper;

/**
 * Hugging Face folders of the shapes that are measured. The demonstration model is itself; of the others only the shape matters, so
 * their bfloat16 weights are random. They are written once and kept.
 */
enum ShapeCheckpoint {
    STHENO("stheno", 0, 0, 0, 0, 0, 0, 0),
    TINYLLAMA("tinyllama-1.1b", 2048, 5632, 22, 32, 4, 32000, 4096),
    MISTRAL_7B("mistral-7b", 4096, 14336, 32, 32, 8, 32000, 4096);

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int POOL = 8 << 20;

    private final String id;
    private final int hidden;
    private final int intermediate;
    private final int layers;
    private final int heads;
    private final int kvHeads;
    private final int vocabulary;
    private final int positions;

    ShapeCheckpoint(
            String id,
            int hidden,
            int intermediate,
            int layers,
            int heads,
            int kvHeads,
            int vocabulary,
            int positions) {
        this.id = id;
        this.hidden = hidden;
        this.intermediate = intermediate;
        this.layers = layers;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.vocabulary = vocabulary;
        this.positions = positions;
    }

    String id() {
        return id;
    }

    /** The folder, made in {@code workFolder} if it is not there yet. */
    Path folder(Path workFolder) {
        if (this == STHENO) {
            return EmbeddedDemo.folder("stheno-8m").orElseThrow();
        }
        Path folder = workFolder.resolve(id);
        Path weights = folder.resolve("model.safetensors");
        try {
            if (!Files.isRegularFile(weights)) {
                Files.createDirectories(folder);
                Files.write(folder.resolve("config.json"), JSON.writeValueAsBytes(config()));
                Path partial = folder.resolve("model.safetensors.part");
                write(partial);
                Files.move(partial, weights);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the " + id + " shape cannot be written to " + folder + ": " + e.getMessage(), e);
        }
        return folder;
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("hidden_size", hidden);
        config.put("intermediate_size", intermediate);
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", heads);
        config.put("num_key_value_heads", kvHeads);
        config.put("vocab_size", vocabulary);
        config.put("max_position_embeddings", positions);
        config.put("rms_norm_eps", 1e-5);
        config.put("tie_word_embeddings", false);
        return config;
    }

    private record Entry(String name, int... shape) {
        long bytes() {
            long bytes = 2;
            for (int size : shape) {
                bytes *= size;
            }
            return bytes;
        }
    }

    private List<Entry> entries() {
        int headDim = hidden / heads;
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("model.embed_tokens.weight", vocabulary, hidden));
        for (int i = 0; i < layers; i++) {
            String layer = "model.layers." + i + ".";
            entries.add(new Entry(layer + "input_layernorm.weight", hidden));
            entries.add(new Entry(layer + "self_attn.q_proj.weight", heads * headDim, hidden));
            entries.add(new Entry(layer + "self_attn.k_proj.weight", kvHeads * headDim, hidden));
            entries.add(new Entry(layer + "self_attn.v_proj.weight", kvHeads * headDim, hidden));
            entries.add(new Entry(layer + "self_attn.o_proj.weight", hidden, heads * headDim));
            entries.add(new Entry(layer + "post_attention_layernorm.weight", hidden));
            entries.add(new Entry(layer + "mlp.gate_proj.weight", intermediate, hidden));
            entries.add(new Entry(layer + "mlp.up_proj.weight", intermediate, hidden));
            entries.add(new Entry(layer + "mlp.down_proj.weight", hidden, intermediate));
        }
        entries.add(new Entry("model.norm.weight", hidden));
        entries.add(new Entry("lm_head.weight", vocabulary, hidden));
        return entries;
    }

    private void write(Path file) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        long offset = 0;
        for (Entry entry : entries()) {
            header.put(
                    entry.name,
                    Map.of(
                            "dtype",
                            "BF16",
                            "shape",
                            entry.shape,
                            "data_offsets",
                            List.of(offset, offset + entry.bytes())));
            offset += entry.bytes();
        }
        byte[] text = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        ByteBuffer values = pool();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            put(channel, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, text.length));
            put(channel, ByteBuffer.wrap(text));
            for (Entry entry : entries()) {
                for (long left = entry.bytes(); left > 0; ) {
                    int count = (int) Math.min(left, POOL);
                    put(channel, values.duplicate().limit(count));
                    left -= count;
                }
            }
        }
    }

    private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Random bfloat16 values of the size of real weights. */
    private static ByteBuffer pool() {
        ByteBuffer pool = ByteBuffer.allocateDirect(POOL).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < POOL; i += 2) {
            pool.putShort(i, (short) (Float.floatToRawIntBits((float) random.nextGaussian(0, 0.02)) >>> 16));
        }
        return pool;
    }
}
