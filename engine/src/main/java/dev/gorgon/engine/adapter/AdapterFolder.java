package dev.gorgon.engine.adapter;

import dev.gorgon.engine.weights.JsonFile;
import dev.gorgon.engine.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What kind of adapter a folder holds, by its configuration files (spec lorax-contract.md §2.5).
 *
 * @param path the folder
 * @param lora whether there is a LoRA
 * @param medusa whether there are Medusa heads
 */
record AdapterFolder(Path path, boolean lora, boolean medusa) {

    private static final String LORA_CONFIG = "adapter_config.json";
    private static final String MEDUSA_CONFIG = "config.json";

    /**
     * The configuration files in a folder: one or both of {@code adapter_config.json} and {@code config.json}.
     *
     * @throws AdapterException if there is neither
     */
    static List<Path> configFiles(Path folder) {
        List<Path> files = Stream.of(LORA_CONFIG, MEDUSA_CONFIG)
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .toList();
        if (files.isEmpty()) {
            throw noConfig(folder);
        }
        return files;
    }

    /**
     * @throws AdapterException if the folder holds no adapter
     */
    static AdapterFolder detect(Path path) {
        List<Path> configs = configFiles(path);
        boolean lora = configs.contains(path.resolve(LORA_CONFIG));
        boolean medusa = false;
        if (configs.contains(path.resolve(MEDUSA_CONFIG))) {
            JsonNode config = read(path.resolve(MEDUSA_CONFIG));
            medusa = config.has("medusa_num_heads")
                    || config.path("model_type").asString("").equals("medusa");
        }
        if (!lora && !medusa) {
            throw noConfig(path);
        }
        return new AdapterFolder(path, lora, medusa);
    }

    private static AdapterException noConfig(Path folder) {
        return new AdapterException("No valid adapter config file found: tried " + folder.resolve(LORA_CONFIG) + " and "
                + folder.resolve(MEDUSA_CONFIG));
    }

    JsonNode loraConfig() {
        return read(path.resolve(LORA_CONFIG));
    }

    JsonNode medusaConfig() {
        return read(path.resolve(MEDUSA_CONFIG));
    }

    private static JsonNode read(Path file) {
        try {
            return JsonFile.readObject(file, JsonFile.MAX_CONFIG_BYTES);
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        }
    }
}
