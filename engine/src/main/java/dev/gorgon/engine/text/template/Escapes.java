package dev.gorgon.engine.text.template;

/** Escapes in string literals, as Python's {@code unicode-escape} reads them. */
final class Escapes {

    private Escapes() {}

    static String decode(String text, int line) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            int escaped = text.codePointAt(i);
            i += Character.charCount(escaped);
            switch (escaped) {
                case '\n' -> {} // a line that continues
                case '\\', '\'', '"' -> out.appendCodePoint(escaped);
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000b');
                case 'x' -> i = hex(text, i, 2, out, line);
                case 'u' -> i = hex(text, i, 4, out, line);
                case 'U' -> i = hex(text, i, 8, out, line);
                case 'N' -> i = named(text, i, out, line);
                default -> {
                    if (escaped >= '0' && escaped <= '7') {
                        i = octal(text, i - 1, out);
                    } else if (escaped < 128) {
                        out.append('\\').appendCodePoint(escaped);
                    } else {
                        // Jinja writes such characters as escapes first; the backslash before then stands for itself
                        String width = escaped < 0x100 ? "x%02x" : escaped < 0x10000 ? "u%04x" : "U%08x";
                        out.append('\\').append(String.format(width, escaped));
                    }
                }
            }
        }
        return out.toString();
    }

    private static int hex(String text, int from, int digits, StringBuilder out, int line) {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < text.length() && text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw JinjaException.syntax(
                        "truncated \\" + (digits == 2 ? "xXX" : digits == 4 ? "uXXXX" : "UXXXXXXXX") + " escape", line);
            }
            value = value << 4 | digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw JinjaException.syntax("illegal Unicode character", line);
        }
        out.appendCodePoint(value);
        return from + digits;
    }

    private static int octal(String text, int from, StringBuilder out) {
        int value = 0;
        int i = from;
        while (i < from + 3 && i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '7') {
            value = value * 8 + text.charAt(i++) - '0';
        }
        out.appendCodePoint(value);
        return i;
    }

    private static int named(String text, int from, StringBuilder out, int line) {
        int end = text.indexOf('}', from);
        if (end < 0 || text.charAt(from) != '{') {
            throw JinjaException.syntax("malformed \\N character escape", line);
        }
        try {
            out.appendCodePoint(Character.codePointOf(text.substring(from + 1, end)));
        } catch (IllegalArgumentException e) {
            throw JinjaException.syntax("unknown Unicode character name", line);
        }
        return end + 1;
    }
}
