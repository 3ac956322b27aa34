package dev.gorgon.engine.adapter;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How LoRAs are merged (spec lorax-contract.md §2.4).
 *
 * @param weights one per adapter, in order; not normalized
 * @param strategy how their factors are combined
 * @param density share of each factor's elements that is kept, above 0; 1 or more keeps all. Without effect on
 *     {@link Strategy#LINEAR}
 * @param majoritySign how the strategies that elect signs count votes
 */
public record MergeSpec(List<Double> weights, Strategy strategy, double density, MajoritySign majoritySign) {

    /** How the factors of the adapters become one. */
    public enum Strategy {
        /** The weighted sum. */
        LINEAR(false, false),
        /** Keeps each adapter's largest elements, elects a sign per element, and averages those that have it. */
        TIES(false, true),
        /** Drops elements at random, rescales the rest, and sums. */
        DARE_LINEAR(true, false),
        /** Drops elements at random, rescales the rest, elects a sign, and averages. */
        DARE_TIES(true, true);

        private final boolean random;
        private final boolean elects;

        Strategy(boolean random, boolean elects) {
            this.random = random;
            this.elects = elects;
        }

        /** Whether elements are dropped at random, and not by magnitude. */
        boolean isRandom() {
            return random;
        }

        /** Whether a sign is elected per element. */
        boolean electsSign() {
            return elects;
        }

        /** As in requests, in any case; an empty word is the default, linear. */
        public static Strategy parse(String word) {
            return word.isEmpty() ? LINEAR : named(Strategy.class, "merge_strategy", word);
        }
    }

    /** How the sign of an element is elected. */
    public enum MajoritySign {
        /** The sign of the sum. */
        TOTAL,
        /** The sign that more adapters have. */
        FREQUENCY;

        /** As in requests, in any case; an empty word is the default, total. */
        public static MajoritySign parse(String word) {
            return word.isEmpty() ? TOTAL : named(MajoritySign.class, "majority_sign_method", word);
        }
    }

    /** @throws IllegalArgumentException if a number is not usable; the message is fit for the client */
    public MergeSpec {
        weights = List.copyOf(weights);
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("No adapters to merge.");
        }
        for (double weight : weights) {
            // a weight is applied in float32
            if (!Float.isFinite((float) weight)) {
                throw new IllegalArgumentException("merge weights must be finite numbers, got " + weight);
            }
        }
        if (Double.isNaN(density) || density < 0) {
            throw new IllegalArgumentException("density must be a number above 0, got " + density);
        }
        if (density == 0 && strategy != Strategy.LINEAR) {
            throw new IllegalArgumentException("merge_strategy " + word(strategy)
                    + " needs a density above 0, the share of elements that is kept; for example 0.5");
        }
    }

    private static <T extends Enum<T>> T named(Class<T> type, String key, String word) {
        List<T> values = List.of(type.getEnumConstants());
        return values.stream()
                .filter(value -> word(value).equals(word.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown " + key + " '"
                        + word.substring(0, Math.min(word.length(), 40)) + "'; known are "
                        + String.join(", ", values.stream().map(MergeSpec::word).toList())));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Whether nothing is pruned. */
    boolean keepsAll() {
        return strategy == Strategy.LINEAR || density >= 1;
    }

    /** One line that tells specifications with different results apart; part of a merged adapter's identity. */
    public String canonical() {
        Stream<String> parts = Stream.of(
                word(strategy),
                keepsAll() ? "all" : Double.toString(density),
                strategy.electsSign() ? word(majoritySign) : "-",
                // −0 and 0 mean the same
                String.join(
                        ",", weights.stream().map(w -> Double.toString(w + 0.0)).toList()));
        return String.join(" ", parts.toList());
    }
}
