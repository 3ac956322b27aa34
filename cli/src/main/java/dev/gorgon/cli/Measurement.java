package dev.gorgon.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One number of a benchmark, as it is printed and written to JSON.
 *
 * @param name decode, step, prefill, load, bandwidth or peak
 * @param shape the model's shape
 * @param format of the weights: bf16, q8 or q4
 * @param rows rows of one step, or tokens of a prompt; 0 where it has no meaning
 * @param sequences sequences of one step; 0 where it has no meaning
 * @param value the median
 * @param unit its unit
 * @param peer the other program that was measured, or null for this one
 * @param ratio for a peer: this program's speed divided by the peer's, the median of alternating pairs
 */
record Measurement(
        String name,
        String shape,
        String format,
        int rows,
        int sequences,
        double value,
        String unit,
        @Nullable String peer,
        @Nullable Double ratio) {

    static Measurement of(
            String name, String shape, String format, int rows, int sequences, double value, String unit) {
        return new Measurement(name, shape, format, rows, sequences, value, unit, null, null);
    }

    Measurement against(String other, double theirs, double oursOverTheirs) {
        return new Measurement(name, shape, format, rows, sequences, theirs, unit, other, oursOverTheirs);
    }

    /** In the order of the fields. */
    Map<String, @Nullable Object> toJson() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("name", name);
        json.put("shape", shape);
        json.put("format", format);
        json.put("rows", rows);
        json.put("sequences", sequences);
        json.put("value", value);
        json.put("unit", unit);
        json.put("peer", peer);
        json.put("ratio", ratio);
        return json;
    }
}
