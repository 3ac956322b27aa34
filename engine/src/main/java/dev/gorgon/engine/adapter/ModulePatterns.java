package dev.gorgon.engine.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/**
 * PEFT's {@code rank_pattern} and {@code alpha_pattern}: numbers for some modules. A key is a regular expression that matches a
 * module's whole path, or what follows one of its dots; the first key that matches counts.
 */
record ModulePatterns(Map<Pattern, Double> numbers) {

    /** Characters that finding one number may look at; a pattern for every module of a large model needs a tenth of it. */
    private static final int MAX_STEPS = 1_000_000;

    private static final int MAX_PATTERN = 1_000;
    private static final int MAX_PATTERNS = 100_000;

    /**
     * @throws AdapterException if a pattern or a number is not valid
     */
    static ModulePatterns parse(JsonNode config, String key) {
        JsonNode node = config.path(key);
        if (node.size() > MAX_PATTERNS) {
            throw new AdapterException("adapter_config.json has " + node.size() + " entries in " + key + "; at most "
                    + MAX_PATTERNS + " are allowed");
        }
        Map<Pattern, Double> numbers = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String pattern = entry.getKey();
            if (pattern.length() > MAX_PATTERN) {
                throw new AdapterException("adapter_config.json has a pattern of " + pattern.length()
                        + " characters in " + key + "; at most " + MAX_PATTERN + " are allowed");
            }
            try {
                numbers.put(Pattern.compile("(.*\\.)?(" + pattern + ")"), number(node, pattern, 0));
            } catch (PatternSyntaxException | StackOverflowError e) {
                throw new AdapterException("adapter_config.json has a broken pattern in " + key + ": " + pattern, e);
            }
        }
        return new ModulePatterns(numbers);
    }

    /** A positive number. */
    static double number(JsonNode node, String key, double fallback) {
        JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return fallback;
        }
        if (!value.isNumber() || !(value.doubleValue() > 0) || value.doubleValue() > 1e6) {
            throw new AdapterException(
                    "adapter_config.json has " + key + " " + value + "; it must be a positive number");
        }
        return value.doubleValue();
    }

    /** The number for a module. */
    double of(String module, double fallback) {
        Metered text = new Metered(module, new int[1]);
        for (Map.Entry<Pattern, Double> entry : numbers.entrySet()) {
            if (entry.getKey().matcher(text).matches()) {
                return entry.getValue();
            }
        }
        return fallback;
    }

    /** A text that lets itself be looked at only so often: some patterns would take years. */
    private record Metered(String text, int[] steps) implements CharSequence {

        @Override
        public char charAt(int index) {
            if (++steps[0] > MAX_STEPS) {
                throw new AdapterException("adapter_config.json has patterns that take too long to compare with " + text
                        + "; write them without nested repetitions");
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
