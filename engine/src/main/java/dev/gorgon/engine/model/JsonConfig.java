package dev.gorgon.engine.model;

import dev.gorgon.engine.weights.JsonFile;
import dev.gorgon.engine.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Typed, checked access to a configuration file. A missing key and an explicit null are the same.
 *
 * @param file name for messages
 * @param node the object
 */
record JsonConfig(String file, JsonNode node) {

    /**
     * @throws ModelException if the file is missing or not a JSON object
     */
    static JsonConfig read(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new ModelException("there is no " + path.getFileName() + " in " + path.getParent()
                    + "; give the folder of a Hugging Face model");
        }
        try {
            return new JsonConfig(path.toString(), JsonFile.readObject(path, JsonFile.MAX_CONFIG_BYTES));
        } catch (WeightsException e) {
            throw new ModelException(String.valueOf(e.getMessage()), e);
        }
    }

    Optional<JsonNode> value(String key) {
        JsonNode value = node.path(key);
        return value.isMissingNode() || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    Optional<JsonConfig> object(String key) {
        return value(key).map(value -> {
            if (!value.isObject()) {
                throw bad(key, value, "must be an object");
            }
            return new JsonConfig(file, value);
        });
    }

    /** A whole number from 1 to {@code max}. */
    Optional<Integer> positive(String key, int max) {
        return value(key).map(value -> {
            if (!value.isIntegralNumber()
                    || !value.canConvertToInt()
                    || value.intValue() < 1
                    || value.intValue() > max) {
                throw bad(key, value, "must be a whole number from 1 to " + max);
            }
            return value.intValue();
        });
    }

    int requiredPositive(String key, int max) {
        return positive(key, max).orElseThrow(() -> new ModelException(file + " lacks " + key));
    }

    /** A finite number above 0. */
    Optional<Double> number(String key) {
        return value(key).map(value -> {
            if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
                throw bad(key, value, "must be a number above 0");
            }
            return value.doubleValue();
        });
    }

    boolean flag(String key, boolean fallback) {
        return value(key)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw bad(key, value, "must be true or false");
                    }
                    return value.booleanValue();
                })
                .orElse(fallback);
    }

    String text(String key, String fallback) {
        return value(key)
                .map(value -> {
                    if (!value.isString()) {
                        throw bad(key, value, "must be a text");
                    }
                    return value.stringValue();
                })
                .orElse(fallback);
    }

    ModelException bad(String key, JsonNode value, String rule) {
        String shown = value.toString();
        return new ModelException(file + ": " + key + " is "
                + (shown.length() > 80 ? shown.substring(0, 80) + "…" : shown) + ", but it " + rule);
    }
}
