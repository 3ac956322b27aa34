package dev.gorgon.cli;

import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
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
 * Makes PEFT LoRA folders in a model's shape: all seven linear maps of every layer, bfloat16 factors. Each adapter is other numbers —
 * its own stretch of one long random sequence — so that no two have the same content and none costs time to make.
 */
final class AdapterFolders {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int POOL = 1 << 25;
    /** Bytes from one adapter's numbers to the next one's: odd multiples of it come back to where they began after 2^17 adapters. */
    private static final int STEP = 256 * 40_503;

    private final int rank;
    private final Path folder;
    private final List<Entry> entries = new ArrayList<>();

    /** @param folder where the adapters are made; those that are there already stay */
    AdapterFolders(ModelConfig model, int rank, Path folder) {
        this.rank = rank;
        this.folder = folder;
        for (int layer = 0; layer < model.layers(); layer++) {
            for (LinearTarget target : LinearTarget.values()) {
                if (target != LinearTarget.LM_HEAD) {
                    String name = "base_model.model.model.layers." + layer + "." + target.path() + ".lora_";
                    entries.add(new Entry(name + "A.weight", rank, target.inFeatures(model)));
                    entries.add(new Entry(name + "B.weight", target.outFeatures(model), rank));
                }
            }
        }
    }

    private record Entry(String name, int rows, int columns) {
        long bytes() {
            return 2L * rows * columns;
        }
    }

    /** Bytes of one adapter's factors. */
    long bytes() {
        return entries.stream().mapToLong(Entry::bytes).sum();
    }

    /** The folders of adapters {@code 0..count-1}, made if they are not there yet. */
    List<Path> make(int count) {
        List<Path> folders = new ArrayList<>();
        ByteBuffer pool = ByteBuffer.allocate(0);
        try {
            for (int number = 0; number < count; number++) {
                Path adapter = folder.resolve("rank-" + rank).resolve("adapter-" + number);
                Path weights = adapter.resolve("adapter_model.safetensors");
                if (!Files.isRegularFile(weights)) {
                    pool = pool.hasRemaining() ? pool : pool();
                    Files.createDirectories(adapter);
                    Files.writeString(adapter.resolve("adapter_config.json"), JSON.writeValueAsString(config()));
                    Path partial = adapter.resolve("adapter_model.safetensors.part");
                    write(partial, pool, (int) ((long) number * STEP % POOL));
                    Files.move(partial, weights);
                }
                folders.add(adapter);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("adapters cannot be written to " + folder + ": " + e.getMessage(), e);
        }
        return folders;
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("peft_type", "LORA");
        config.put("task_type", "CAUSAL_LM");
        config.put("r", rank);
        config.put("lora_alpha", 2 * rank);
        config.put("bias", "none");
        List<String> modules = new ArrayList<>();
        for (LinearTarget target : LinearTarget.values()) {
            if (target != LinearTarget.LM_HEAD) {
                modules.add(target.path().substring(target.path().indexOf('.') + 1));
            }
        }
        config.put("target_modules", modules);
        return config;
    }

    private void write(Path file, ByteBuffer pool, int start) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        long offset = 0;
        for (Entry entry : entries) {
            Map<String, Object> tensor = new LinkedHashMap<>();
            tensor.put("dtype", "BF16");
            tensor.put("shape", List.of(entry.rows, entry.columns));
            tensor.put("data_offsets", List.of(offset, offset + entry.bytes()));
            header.put(entry.name, tensor);
            offset += entry.bytes();
        }
        byte[] text = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, text.length));
            write(channel, ByteBuffer.wrap(text));
            int at = start;
            for (long left = bytes(); left > 0; ) {
                int count = (int) Math.min(left, POOL - at);
                write(channel, pool.duplicate().position(at).limit(at + count));
                left -= count;
                at = 0;
            }
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Random bfloat16 values of the size of trained factors. */
    private static ByteBuffer pool() {
        ByteBuffer pool = ByteBuffer.allocateDirect(POOL).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < POOL; i += 2) {
            pool.putShort(i, (short) (Float.floatToRawIntBits((float) random.nextGaussian(0, 0.01)) >>> 16));
        }
        return pool;
    }
}
