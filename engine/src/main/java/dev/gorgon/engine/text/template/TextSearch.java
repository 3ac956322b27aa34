package dev.gorgon.engine.text.template;

import java.util.List;

/** Methods that look for a text within a text. Positions count code points. */
final class TextSearch {

    private TextSearch() {}

    /**
     * The part of a text that a method looks at.
     *
     * @param from first code point
     * @param isEmptyRange whether start lies behind stop, so that not even the empty text is found
     */
    private record Window(String text, long from, boolean isEmptyRange) {

        static Window of(String text, Args.Bound given) {
            long length = Text.length(text);
            long start = given.integer("start", 0);
            long stop = given.integer("end", length);
            start = Math.max(0, start < 0 ? start + length : start);
            stop = Math.clamp(stop < 0 ? stop + length : stop, 0, length);
            if (start > stop) {
                return new Window("", start, true);
            }
            int first = text.offsetByCodePoints(0, (int) start);
            int last = text.offsetByCodePoints(first, (int) (stop - start));
            return new Window(text.substring(first, last), start, false);
        }
    }

    static boolean affix(String text, Args arguments, boolean prefix, Budget budget) {
        Args.Bound given = arguments.bind("affix", "start", "end");
        Window window = Window.of(text, given);
        Object wanted = given.required("affix");
        List<Object> candidates = wanted instanceof Tuple(List<Object> items) ? items : List.of(wanted);
        for (Object candidate : candidates) {
            if (!(candidate instanceof String affix)) {
                throw JinjaException.error((prefix ? "startswith" : "endswith")
                        + " first arg must be str or a tuple of str, not " + Values.typeName(candidate));
            }
            budget.scan(Math.min(affix.length(), text.length()));
            boolean found =
                    prefix ? window.text().startsWith(affix) : window.text().endsWith(affix);
            if (found && !window.isEmptyRange()) {
                return true;
            }
        }
        return false;
    }

    static Object find(String text, Args arguments, boolean last, Budget budget) {
        Args.Bound given = arguments.bind("sub", "start", "end");
        String part = wanted(given.required("sub"));
        Window window = Window.of(text, given);
        if (window.isEmptyRange()) {
            return -1L;
        }
        int at = last ? lastIndexOf(window.text(), part, budget) : Text.indexOf(window.text(), part, 0, budget);
        return at < 0 ? -1L : (Object) (window.from() + window.text().codePointCount(0, at));
    }

    static int lastIndexOf(String text, String part, Budget budget) {
        if (part.length() <= 8 || text.length() <= 256) {
            budget.scan(text.length());
            return text.lastIndexOf(part);
        }
        budget.string(text.length());
        budget.string(part.length());
        String reversed = new StringBuilder(part).reverse().toString();
        int at = Text.indexOf(new StringBuilder(text).reverse().toString(), reversed, 0, budget);
        return at < 0 ? -1 : text.length() - at - part.length();
    }

    static Object index(String text, Args arguments, boolean last, Budget budget) {
        Object at = find(text, arguments, last, budget);
        if (at.equals(-1L)) {
            throw JinjaException.error("substring not found");
        }
        return at;
    }

    static Object count(String text, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("sub", "start", "end");
        String part = wanted(given.required("sub"));
        Window window = Window.of(text, given);
        if (window.isEmptyRange()) {
            return 0L;
        }
        return part.isEmpty()
                ? Text.length(window.text()) + 1L
                : (Object) (long) Text.occurrences(window.text(), part, Long.MAX_VALUE, budget)
                        .size();
    }

    private static String wanted(Object part) {
        if (part instanceof String text) {
            return text;
        }
        throw part instanceof Undefined undefined
                ? undefined.error()
                : JinjaException.error("must be str, not " + Values.typeName(part));
    }
}
