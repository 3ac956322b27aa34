package dev.gorgon.engine.model;

import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Rotary position embedding. Frequencies are computed in float32 like the reference implementation does.
 *
 * @param theta base of the frequencies
 * @param scaling how frequencies are stretched for longer contexts
 */
public record Rope(double theta, Scaling scaling) {

    /** A way of stretching frequencies. */
    public sealed interface Scaling {}

    /** No scaling. */
    public record None() implements Scaling {}

    /** All frequencies divided by a factor. */
    public record Linear(double factor) implements Scaling {}

    /**
     * Llama 3.1: low frequencies are divided by a factor, high ones kept, those between interpolated.
     *
     * @param originalPositions context length before scaling
     */
    public record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
            implements Scaling {}

    static Rope parse(JsonConfig config) {
        JsonConfig settings = config.object("rope_parameters")
                .or(() -> config.object("rope_scaling"))
                .orElse(new JsonConfig(config.file(), JsonNodeFactory.instance.objectNode()));
        double theta = settings.number("rope_theta")
                .or(() -> config.number("rope_theta"))
                .orElse(10_000.0);
        String type = settings.text("rope_type", settings.text("type", "default"));
        Scaling scaling = switch (type) {
            case "default" -> new None();
            case "linear" -> new Linear(required(settings, "factor"));
            case "llama3" -> {
                double low = required(settings, "low_freq_factor");
                double high = required(settings, "high_freq_factor");
                if (high <= low) {
                    throw new ModelException(settings.file() + ": high_freq_factor must exceed low_freq_factor");
                }
                yield new Llama3(
                        required(settings, "factor"),
                        low,
                        high,
                        settings.requiredPositive("original_max_position_embeddings", 1 << 24));
            }
            default ->
                throw new ModelException(settings.file() + ": rope type " + type
                        + " is not supported; supported are default, linear and llama3");
        };
        return new Rope(theta, scaling);
    }

    private static double required(JsonConfig settings, String key) {
        return settings.number(key)
                .orElseThrow(() -> new ModelException(settings.file() + ": the rope settings lack " + key));
    }

    /** Radians per position for each pair of dimensions. */
    public float[] inverseFrequencies(int headDim) {
        float[] frequencies = new float[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            float plain = 1f / (float) Math.pow(theta, (float) (2 * i) / headDim);
            frequencies[i] = switch (scaling) {
                case None() -> plain;
                case Linear(double factor) -> plain / (float) factor;
                case Llama3 llama3 -> stretch(plain, llama3);
            };
        }
        return frequencies;
    }

    private static float stretch(float frequency, Llama3 by) {
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < by.originalPositions / by.highFactor) {
            return frequency;
        }
        if (wavelength > by.originalPositions / by.lowFactor) {
            return frequency / (float) by.factor;
        }
        double smooth = (by.originalPositions / wavelength - by.lowFactor) / (by.highFactor - by.lowFactor);
        return (float) ((1 - smooth) * frequency / by.factor + smooth * frequency);
    }
}
