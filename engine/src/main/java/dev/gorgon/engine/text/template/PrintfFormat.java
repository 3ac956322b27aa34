package dev.gorgon.engine.text.template;

import java.util.List;

/** Python's {@code %} on texts. */
final class PrintfFormat {
    private static final int MAX_WIDTH = 10_000;

    private final String format;
    private final Object arguments;
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private int position;
    private int used;

    private PrintfFormat(String format, Object arguments, Budget budget) {
        this.format = format;
        this.arguments = arguments;
        this.budget = budget;
    }

    static String format(String format, Object arguments, Budget budget) {
        return new PrintfFormat(format, arguments, budget).format();
    }

    private String format() {
        while (position < format.length()) {
            char c = format.charAt(position++);
            if (c == '%') {
                directive();
            } else {
                out.append(c);
            }
            budget.fits(out.length());
        }
        boolean unused = arguments instanceof Tuple(List<Object> items)
                ? used < items.size()
                : used == 0 && !hasItems(arguments);
        if (unused) {
            throw JinjaException.error("not all arguments converted during string formatting");
        }
        budget.string(out.length());
        return out.toString();
    }

    /** Python takes such a value for a mapping, from which nothing needs to be used. */
    private static boolean hasItems(Object value) {
        return value instanceof Dict
                || value instanceof List<?>
                || value instanceof Range
                || value instanceof Undefined;
    }

    private char peek() {
        if (position >= format.length()) {
            throw JinjaException.error("incomplete format");
        }
        return format.charAt(position);
    }

    private void directive() {
        Object named = null;
        if (peek() == '(') {
            int end = format.indexOf(')', position);
            if (end < 0) {
                throw JinjaException.error("incomplete format key");
            }
            if (!(arguments instanceof Dict dict)) {
                throw JinjaException.error("format requires a mapping");
            }
            String key = format.substring(position + 1, end);
            named = dict.get(key, budget).orElseThrow(() -> JinjaException.error(Repr.quote(key)));
            used++;
            position = end + 1;
        }
        StringBuilder flags = new StringBuilder();
        while ("#0- +".indexOf(peek()) >= 0) {
            flags.append(format.charAt(position++));
        }
        int width = number();
        boolean left = flags.indexOf("-") >= 0 || width < 0;
        int precision = -1;
        if (peek() == '.') {
            position++;
            precision = Math.max(0, number());
        }
        while ("hlL".indexOf(peek()) >= 0) {
            position++;
        }
        char kind = format.charAt(position++);
        if (kind == '%') {
            out.append('%');
            return;
        }
        Object value = named != null ? named : argument();
        String text = convert(kind, value, precision, flags.toString());
        boolean zeros = flags.indexOf("0") >= 0 && !left && "diufFeEgGxXo".indexOf(kind) >= 0;
        out.append(
                zeros
                        ? NumberFormat.zeroPad(text, Math.abs(width), budget)
                        : Text.pad(text, Math.abs(width), ' ', left ? '<' : '>', budget));
    }

    private int number() {
        if (peek() == '*') {
            position++;
            return checked(Numbers.index(argument()));
        }
        long number = 0;
        while (peek() >= '0' && peek() <= '9') {
            number = checked(number * 10 + format.charAt(position++) - '0');
        }
        return (int) number;
    }

    private static int checked(long width) {
        if (Math.abs(width) > MAX_WIDTH) {
            throw JinjaException.error("a width or precision is larger than " + MAX_WIDTH);
        }
        return (int) width;
    }

    private Object argument() {
        if (arguments instanceof Tuple(List<Object> items)) {
            if (used >= items.size()) {
                throw JinjaException.error("not enough arguments for format string");
            }
            return items.get(used++);
        }
        if (used++ > 0) {
            throw JinjaException.error("not enough arguments for format string");
        }
        return arguments;
    }

    private String convert(char kind, Object value, int precision, String flags) {
        return switch (kind) {
            case 's', 'r', 'a' -> {
                String text = kind == 's' ? Repr.str(value, budget) : Repr.repr(value, budget);
                yield precision < 0 || precision >= Text.length(text)
                        ? text
                        : text.substring(0, text.offsetByCodePoints(0, precision));
            }
            case 'c' -> character(value);
            case 'd', 'i', 'u', 'x', 'X', 'o' -> integer(kind, value, precision, flags);
            case 'f', 'F', 'e', 'E', 'g', 'G' -> {
                budget.work(Math.max(6, precision));
                String text =
                        NumberFormat.real(real(value), kind, precision < 0 ? 6 : precision, flags.indexOf('#') >= 0);
                yield sign(text, flags);
            }
            default ->
                throw JinjaException.error("unsupported format character '" + kind + "' (0x" + Integer.toHexString(kind)
                        + ") at index " + (position - 1));
        };
    }

    private static String character(Object value) {
        if (value instanceof String text && Text.length(text) == 1) {
            return text;
        }
        if (value instanceof String || !Numbers.isInteger(value)) {
            throw JinjaException.error("%c requires int or char");
        }
        long c = Numbers.index(value);
        if (c < 0 || c > Character.MAX_CODE_POINT) {
            throw JinjaException.error("%c arg not in range(0x110000)");
        }
        return Character.toString((int) c);
    }

    private String integer(char kind, Object value, int precision, String flags) {
        boolean decimal = "diu".indexOf(kind) >= 0;
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!Numbers.isInteger(value) && !(decimal && value instanceof Double)) {
            throw JinjaException.error("%" + kind + " format: " + (decimal ? "a real number" : "an integer")
                    + " is required, not " + Values.typeName(value));
        }
        Object whole = value instanceof Double number ? Conversions.truncate(number) : value;
        int radix = decimal ? 10 : kind == 'o' ? 8 : 16;
        String digits = Numbers.big(whole).abs().toString(radix);
        digits = "0".repeat(Math.max(0, precision - digits.length())) + digits;
        String prefix = flags.indexOf('#') < 0 || decimal ? "" : kind == 'o' ? "0o" : "0x";
        String text = (Numbers.big(whole).signum() < 0 ? "-" : "") + prefix + digits;
        return sign(kind == 'X' ? Text.upper(text) : text, flags);
    }

    private static double real(Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!Numbers.isNumber(value)) {
            throw JinjaException.error("must be real number, not " + Values.typeName(value));
        }
        return Numbers.real(value);
    }

    private static String sign(String text, String flags) {
        return text.startsWith("-") || flags.indexOf('+') < 0 && flags.indexOf(' ') < 0
                ? text
                : (flags.indexOf('+') >= 0 ? "+" : " ") + text;
    }
}
