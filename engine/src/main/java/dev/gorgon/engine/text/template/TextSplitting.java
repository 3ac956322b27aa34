package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Methods that cut texts into pieces. */
final class TextSplitting {

    private TextSplitting() {}

    static Object split(String text, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("sep", "maxsplit");
        return split(text, given.optional("sep", None.NONE), given.integer("maxsplit", -1), budget);
    }

    /** @param separator a text, or None for runs of white space */
    static List<Object> split(String text, Object separator, long maxSplit, Budget budget) {
        long most = maxSplit < 0 ? Long.MAX_VALUE : maxSplit;
        if (separator == None.NONE) {
            return words(text, most, budget);
        }
        String cut = separator(separator);
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at : Text.occurrences(text, cut, most, budget)) {
            parts.add(text.substring(from, at));
            from = at + cut.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static String separator(Object separator) {
        if (!(separator instanceof String cut)) {
            throw separator instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("must be str or None, not " + Values.typeName(separator));
        }
        if (cut.isEmpty()) {
            throw JinjaException.error("empty separator");
        }
        return cut;
    }

    private static List<Object> words(String text, long most, Budget budget) {
        List<Object> words = new ArrayList<>();
        int i = 0;
        while (true) {
            while (i < text.length() && Text.isSpace(text.charAt(i))) {
                i++;
            }
            if (i == text.length()) {
                return words;
            }
            budget.elements(1);
            if (words.size() == most) {
                words.add(Text.stripEnd(text.substring(i)).isEmpty() ? "" : text.substring(i));
                return words;
            }
            int start = i;
            while (i < text.length() && !Text.isSpace(text.charAt(i))) {
                i++;
            }
            words.add(text.substring(start, i));
        }
    }

    static Object splitFromEnd(String text, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("sep", "maxsplit");
        Object separator = given.optional("sep", None.NONE);
        long most = given.integer("maxsplit", -1);
        if (most < 0) {
            return split(text, separator, -1, budget);
        }
        String backwards = reversed(text);
        Object cut = separator == None.NONE ? None.NONE : reversed(separator(separator));
        List<Object> parts = new ArrayList<>();
        for (Object part : split(backwards, cut, most, budget)) {
            parts.add(reversed((String) part));
        }
        Collections.reverse(parts);
        return parts;
    }

    private static String reversed(String text) {
        return new StringBuilder(text).reverse().toString();
    }

    static Object lines(String text, Args arguments, Budget budget) {
        return Text.lines(text, arguments.bind("keepends").flag("keepends", false), budget);
    }

    static Object partition(String text, Args arguments, Budget budget) {
        String cut = separator(arguments.bind("sep").required("sep"));
        int at = Text.indexOf(text, cut, 0, budget);
        return at < 0
                ? Tuple.of(text, "", "")
                : Tuple.of(text.substring(0, at), cut, text.substring(at + cut.length()));
    }

    static Object partitionAtLast(String text, Args arguments, Budget budget) {
        String cut = separator(arguments.bind("sep").required("sep"));
        int at = TextSearch.lastIndexOf(text, cut, budget);
        return at < 0
                ? Tuple.of("", "", text)
                : Tuple.of(text.substring(0, at), cut, text.substring(at + cut.length()));
    }
}
