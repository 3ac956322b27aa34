package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;

/** Texts to numbers and floats to whole numbers, as Python's {@code int} and {@code float} do it. */
final class Conversions {
    private static final int MAX_DIGITS = 4300;
    private static final Pattern FLOAT = Pattern.compile("[-+]?(?:\\d++\\.?+\\d*+|\\.\\d++)(?:[eE][-+]?\\d++)?");

    private Conversions() {}

    /** Towards zero. */
    static Object truncate(double number) {
        if (!Double.isFinite(number)) {
            throw JinjaException.error(
                    "cannot convert float " + (Double.isNaN(number) ? "NaN" : "infinity") + " to integer");
        }
        return Numbers.normal(new BigDecimal(number).toBigInteger());
    }

    /** The whole number that a text says, if it says one; base 0 goes by its prefix. */
    static Optional<Object> parseInteger(String text, int base) {
        String digits = strip(text);
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = base;
        String prefix = digits.length() > 1 ? Text.lower(digits.substring(0, 2)) : "";
        int prefixRadix = switch (prefix) {
            case "0x" -> 16;
            case "0o" -> 8;
            case "0b" -> 2;
            default -> 0;
        };
        if (prefixRadix != 0 && (base == prefixRadix || base == 0)) {
            radix = prefixRadix;
            digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
        }
        radix = radix == 0 ? 10 : radix;
        if (radix < 2 || radix > 36 || !isNumber(digits, radix) || digits.length() > MAX_DIGITS) {
            return Optional.empty();
        }
        BigInteger number = new BigInteger(digits.replace("_", ""), radix);
        return Optional.of(Numbers.normal(negative ? number.negate() : number));
    }

    private static boolean isNumber(String digits, int radix) {
        if (digits.isEmpty() || digits.startsWith("_") || digits.endsWith("_") || digits.contains("__")) {
            return false;
        }
        return digits.chars().allMatch(c -> c == '_' || Character.digit(c, radix) >= 0);
    }

    /** The float that a text says, if it says one. */
    static Optional<Double> parseFloat(String text) {
        String stripped = strip(text);
        if (stripped.length() > MAX_DIGITS) {
            return Optional.empty();
        }
        String number = Text.lower(stripped);
        if (number.matches("[-+]?(inf|infinity)")) {
            return Optional.of(number.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        if (number.matches("[-+]?nan")) {
            return Optional.of(Double.NaN);
        }
        boolean underscores = number.matches(".*\\d_\\d.*");
        String plain = underscores ? number.replaceAll("(?<=\\d)_(?=\\d)", "") : number;
        return FLOAT.matcher(plain).matches() ? Optional.of(Double.valueOf(plain)) : Optional.empty();
    }

    private static String strip(String text) {
        return Text.stripStart(Text.stripEnd(text));
    }
}
