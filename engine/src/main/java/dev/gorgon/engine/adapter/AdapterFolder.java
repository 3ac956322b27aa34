package dev.gorgon.engine.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
     * @throws AdapterException if the folder holds no adapter
     */
    static AdapterFolder detect(Path path) {
        Path loraConfig = path.resolve(LORA_CONFIG);
        Path medusaConfig = path.resolve(MEDUSA_CONFIG);
        boolean lora = Files.isRegularFile(loraConfig);
        boolean medusa = false;
        if (Files.isRegularFile(medusaConfig)) {
            JsonNode config = read(medusaConfig);
            medusa = config.has("medusa_num_heads")
                    || config.path("model_type").asString("").equals("medusa");
        }
        if (!lora && !medusa) {
            throw new AdapterException(
                    "No valid adapter config file found: tried " + loraConfig + " and " + medusaConfig);
        }
        return new AdapterFolder(path, lora, medusa);
    }

    JsonNode loraConfig() {
        return read(path.resolve(LORA_CONFIG));
    }

    JsonNode medusaConfig() {
        return read(path.resolve(MEDUSA_CONFIG));
    }

    private static JsonNode read(Path file) {
        try {
            JsonNode node = JsonMapper.shared().readTree(Files.readAllBytes(file));
            if (!node.isObject()) {
                throw new AdapterException(file + " is not a JSON object");
            }
            return node;
        } catch (IOException e) {
            throw new AdapterException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new AdapterException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }
}
