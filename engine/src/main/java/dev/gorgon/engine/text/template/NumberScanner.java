package dev.gorgon.engine.text.template;

import java.math.BigInteger;

/**
 * A number in a template: whole numbers to base 2, 8, 10 and 16, fractions, exponents, single underscores between digits.
 *
 * @param end index after the number
 */
record NumberScanner(Token.Kind kind, Object value, int end) {
    private static final int MAX_DIGITS = 4300;

    /** Reads the number that starts with the digit at {@code start}. */
    static NumberScanner at(String source, int start) {
        if (source.charAt(start) == '0' && start + 1 < source.length()) {
            int radix = switch (Character.toLowerCase(source.charAt(start + 1))) {
                case 'b' -> 2;
                case 'o' -> 8;
                case 'x' -> 16;
                default -> 10;
            };
            if (radix != 10) {
                int from = start + 2 < source.length() && source.charAt(start + 2) == '_' ? start + 3 : start + 2;
                int end = digits(source, from, radix);
                if (end > from) {
                    return integer(source.substring(from, end), radix, end);
                }
            }
        }
        int whole = digits(source, start, 10);
        int end = exponent(source, fraction(source, whole));
        boolean afterDot = start > 0 && source.charAt(start - 1) == '.';
        if (end > whole && !afterDot) {
            String text = source.substring(start, end).replace("_", "");
            return new NumberScanner(Token.Kind.FLOAT, Double.valueOf(text), end);
        }
        if (source.charAt(start) == '0') {
            whole = start + 1;
            while (whole < source.length() && source.charAt(whole) == '0') {
                whole++;
            }
        }
        return integer(source.substring(start, whole), 10, whole);
    }

    private static int fraction(String source, int at) {
        if (at >= source.length() || source.charAt(at) != '.') {
            return at;
        }
        int end = digits(source, at + 1, 10);
        return end > at + 1 ? end : at;
    }

    private static int exponent(String source, int at) {
        if (at >= source.length() || Character.toLowerCase(source.charAt(at)) != 'e') {
            return at;
        }
        int from = at + 1;
        if (from < source.length() && (source.charAt(from) == '+' || source.charAt(from) == '-')) {
            from++;
        }
        int end = digits(source, from, 10);
        return end > from ? end : at;
    }

    private static int digits(String source, int from, int radix) {
        int at = from;
        while (at < source.length()) {
            char c = source.charAt(at);
            boolean underscore = c == '_'
                    && at > from
                    && at + 1 < source.length()
                    && isDigit(source.charAt(at + 1), radix)
                    && source.charAt(at - 1) != '_';
            if (!underscore && !isDigit(c, radix)) {
                break;
            }
            at++;
        }
        return at;
    }

    private static boolean isDigit(char c, int radix) {
        return c < 128 && Character.digit(c, radix) >= 0;
    }

    private static NumberScanner integer(String digits, int radix, int end) {
        if (digits.length() > MAX_DIGITS) {
            throw JinjaException.error("a number of the template has more than " + MAX_DIGITS + " digits");
        }
        Object value = Numbers.normal(new BigInteger(digits.replace("_", ""), radix));
        return new NumberScanner(Token.Kind.INTEGER, value, end);
    }
}
