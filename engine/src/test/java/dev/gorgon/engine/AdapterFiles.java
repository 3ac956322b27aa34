package dev.gorgon.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Writes adapter folders with float32 tensors, for tests. */
public final class AdapterFiles {

    private final Map<String, int[]> shapes = new LinkedHashMap<>();
    private final Map<String, float[]> values = new LinkedHashMap<>();

    /** Adds a tensor. */
    public AdapterFiles put(String name, int[] shape, float... elements) {
        if (elements.length != Arrays.stream(shape).reduce(1, (a, b) -> a * b)) {
            throw new IllegalArgumentException(name);
        }
        shapes.put(name, shape);
        values.put(name, elements);
        return this;
    }

    /** Adds a tensor of normally distributed numbers. */
    public AdapterFiles random(String name, long seed, double deviation, int... shape) {
        SplittableRandom random = new SplittableRandom(seed + name.hashCode());
        float[] elements = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = (float) (random.nextGaussian() * deviation);
        }
        return put(name, shape, elements);
    }

    /** Adds random factors of a linear module. */
    public AdapterFiles lora(String module, long seed, int rank, int in, int out) {
        return random("base_model.model." + module + ".lora_A.weight", seed, 0.1, rank, in)
                .random("base_model.model." + module + ".lora_B.weight", seed, 0.1, out, rank);
    }

    /** Adds random factors of the embeddings. */
    public AdapterFiles embedding(long seed, int rank, int vocabulary, int hidden) {
        return random("base_model.model.model.embed_tokens.lora_embedding_A", seed, 0.1, rank, vocabulary)
                .random("base_model.model.model.embed_tokens.lora_embedding_B", seed, 0.1, hidden, rank);
    }

    /** Writes the tensors and a configuration file; returns the folder. */
    public Path write(Path folder, String configFile, String config) {
        StringBuilder header = new StringBuilder("{");
        int at = 0;
        for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
            int bytes = 4 * values.getOrDefault(tensor.getKey(), new float[0]).length;
            header.append(at > 0 ? "," : "")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                            .formatted(tensor.getKey(), Arrays.toString(tensor.getValue()), at, at + bytes));
            at += bytes;
        }
        byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + at).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        values.values().forEach(elements -> {
            for (float element : elements) {
                file.putFloat(element);
            }
        });
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve("adapter_model.safetensors"), file.array());
            Files.writeString(folder.resolve(configFile), config);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
