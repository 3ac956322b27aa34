package dev.gorgon.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** LoRAs for the demonstration model that say something of their own: strong random changes, another for every seed. */
final class RandomLora {

    private static final int LAYERS = 8;
    private static final int HIDDEN = 256;
    private static final int KV = 128;
    private static final int RANK = 8;

    private RandomLora() {}

    /** The files of an adapter, by name. */
    static Map<String, byte[]> files(long seed) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(
                "adapter_config.json",
                ("{\"peft_type\":\"LORA\",\"base_model_name_or_path\":\"stheno-8m\",\"r\":" + RANK
                                + ",\"lora_alpha\":16,\"target_modules\":[\"q_proj\",\"v_proj\"]}")
                        .getBytes(StandardCharsets.UTF_8));
        files.put("adapter_model.safetensors", tensors(new SplittableRandom(seed)));
        return files;
    }

    private static byte[] tensors(SplittableRandom random) {
        StringBuilder header = new StringBuilder("{");
        int offset = 0;
        for (int layer = 0; layer < LAYERS; layer++) {
            for (String target : new String[] {"q_proj", "v_proj"}) {
                String module = "base_model.model.model.layers." + layer + ".self_attn." + target;
                int out = target.equals("q_proj") ? HIDDEN : KV;
                offset = append(header, module + ".lora_A.weight", RANK, HIDDEN, offset);
                offset = append(header, module + ".lora_B.weight", out, RANK, offset);
            }
        }
        header.setLength(header.length() - 1);
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + offset).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        while (file.hasRemaining()) {
            file.putFloat((float) random.nextDouble(-0.12, 0.12));
        }
        return file.array();
    }

    private static int append(StringBuilder header, String name, int rows, int columns, int offset) {
        int end = offset + 4 * rows * columns;
        header.append("\"%s\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]},"
                .formatted(name, rows, columns, offset, end));
        return end;
    }

    /** Puts an adapter into a folder; one that is there is replaced file by file, each at once. */
    static Path write(long seed, Path folder) {
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, byte[]> file : files(seed).entrySet()) {
                Path partial = folder.resolve("." + file.getKey() + ".new");
                Files.write(partial, file.getValue());
                Files.move(partial, folder.resolve(file.getKey()), StandardCopyOption.ATOMIC_MOVE);
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
