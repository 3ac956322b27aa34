package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Texts as Python sees them: sequences of code points, with Python's idea of white space, case and lines. */
final class Text {

    private Text() {}

    static boolean isSpace(int c) {
        return c == ' '
                || c >= 0x9 && c <= 0xd
                || c >= 0x1c && c <= 0x1f
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200a
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** Whether a text is white space only, and some. */
    static boolean isSpace(String text) {
        return !text.isEmpty() && text.chars().allMatch(Text::isSpace);
    }

    static String stripStart(String text) {
        int start = 0;
        while (start < text.length() && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    static String stripStart(String text, String characters) {
        IntPredicate stripped = oneOf(characters);
        int start = 0;
        while (start < text.length() && stripped.test(text.codePointAt(start))) {
            start += Character.charCount(text.codePointAt(start));
        }
        return text.substring(start);
    }

    static String stripEnd(String text, String characters) {
        IntPredicate stripped = oneOf(characters);
        int end = text.length();
        while (end > 0 && stripped.test(text.codePointBefore(end))) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(0, end);
    }

    private static IntPredicate oneOf(String characters) {
        if (characters.length() <= 8) {
            return c -> characters.indexOf(c) >= 0;
        }
        BitSet set = new BitSet();
        characters.codePoints().forEach(set::set);
        return set::get;
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** By code points, as Python orders texts. */
    static int compare(String a, String b) {
        int i = 0;
        int shorter = Math.min(a.length(), b.length());
        while (i < shorter && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        if (i == shorter) {
            return Integer.compare(a.length(), b.length());
        }
        if (i > 0 && Character.isHighSurrogate(a.charAt(i - 1))) {
            i--;
        }
        return Integer.compare(a.codePointAt(i), b.codePointAt(i));
    }

    /** Where a part first occurs from an index on, or -1. Takes time linear in the text, whatever the part. */
    static int indexOf(String text, String part, int from, Budget budget) {
        budget.scan(Math.max(0, text.length() - from));
        if (part.length() <= 8 || text.length() <= 256) {
            return text.indexOf(part, from);
        }
        budget.elements(part.length() / 4);
        int[] fallback = borders(part);
        int matched = 0;
        for (int i = from; i < text.length(); i++) {
            while (matched > 0 && part.charAt(matched) != text.charAt(i)) {
                matched = fallback[matched - 1];
            }
            matched += part.charAt(matched) == text.charAt(i) ? 1 : 0;
            if (matched == part.length()) {
                return i - matched + 1;
            }
        }
        return -1;
    }

    /** For each prefix, the length of its longest proper border (Knuth, Morris, Pratt). */
    private static int[] borders(String part) {
        int[] borders = new int[part.length()];
        int border = 0;
        for (int i = 1; i < part.length(); i++) {
            while (border > 0 && part.charAt(border) != part.charAt(i)) {
                border = borders[border - 1];
            }
            border += part.charAt(border) == part.charAt(i) ? 1 : 0;
            borders[i] = border;
        }
        return borders;
    }

    /** Places where a part occurs, without overlaps. */
    static List<Integer> occurrences(String text, String part, long most, Budget budget) {
        List<Integer> places = new ArrayList<>();
        if (part.length() <= 8 || text.length() <= 256) {
            budget.scan(text.length());
            int at = text.indexOf(part);
            while (at >= 0 && places.size() < most) {
                budget.elements(1);
                places.add(at);
                at = text.indexOf(part, at + part.length());
            }
            return places;
        }
        int from = 0;
        while (places.size() < most) {
            int at = indexOf(text, part, from, budget);
            if (at < 0) {
                break;
            }
            places.add(at);
            from = at + part.length();
        }
        return places;
    }

    static String join(String separator, List<String> parts, Budget budget) {
        long length = Math.max(0, parts.size() - 1) * (long) separator.length();
        for (String part : parts) {
            length += part.length();
        }
        budget.string(length);
        return String.join(separator, parts);
    }

    static String replace(String text, String old, String replacement, long most, Budget budget) {
        long limit = most < 0 ? Long.MAX_VALUE : most;
        List<String> parts = new ArrayList<>();
        if (old.isEmpty()) {
            int at = 0;
            long count = 0;
            while (at < text.length() && count < limit) {
                int next = at + Character.charCount(text.codePointAt(at));
                parts.add(replacement + text.substring(at, next));
                budget.string(parts.getLast().length());
                at = next;
                count++;
            }
            parts.add((count < limit ? replacement : "") + text.substring(at));
            return join("", parts, budget);
        }
        int from = 0;
        for (int at : occurrences(text, old, limit, budget)) {
            parts.add(text.substring(from, at));
            from = at + old.length();
        }
        parts.add(text.substring(from));
        return join(replacement, parts, budget);
    }

    /** Lines without their ends; all line ends that Python knows. */
    static List<Object> lines(String text, boolean keepEnds, Budget budget) {
        budget.string(text.length());
        List<Object> lines = new ArrayList<>();
        int start = 0;
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            boolean ends = c >= 0xa && c <= 0xd || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (!ends) {
                i++;
                continue;
            }
            int next = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
            lines.add(text.substring(start, keepEnds ? next : i));
            budget.elements(1);
            start = next;
            i = next;
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        return titleCase(first) + lower(text.substring(Character.charCount(first)));
    }

    static String titleCase(int c) {
        // characters such as the German sharp s become two letters, which only the mapping of strings knows
        int title = Character.toTitleCase(c);
        String upper = upper(Character.toString(c));
        return title == c && upper.length() > Character.charCount(c)
                ? upper.substring(0, 1) + lower(upper.substring(1))
                : Character.toString(title);
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            if (c < 128) {
                out.append((char) (inWord ? Character.toLowerCase(c) : Character.toUpperCase(c)));
            } else {
                out.append(inWord ? lower(Character.toString(c)) : titleCase(c));
            }
            inWord = isCased(c);
            i += Character.charCount(c);
        }
        return out.toString();
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    /** Changes upper case to lower and the other way round. */
    static String swapCase(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            String one = Character.toString(c);
            out.append(Character.isUpperCase(c) ? lower(one) : Character.isLowerCase(c) ? upper(one) : one);
        });
        return out.toString();
    }

    /** Fills a text up with a character on one or both sides. */
    static String pad(String text, long width, int fill, char alignment, Budget budget) {
        long missing = width - length(text);
        if (missing <= 0) {
            return text;
        }
        budget.string(text.length() + missing * 2);
        // Python puts the odd character to the left if the width is odd
        long before = switch (alignment) {
            case '<' -> 0;
            case '>' -> missing;
            default -> missing / 2 + (missing & width & 1);
        };
        String filler = Character.toString(fill);
        return filler.repeat((int) before) + text + filler.repeat((int) (missing - before));
    }
}
