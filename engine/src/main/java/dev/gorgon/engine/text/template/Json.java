package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/**
 * Python's {@code json.dumps}, as the filter {@code tojson} of transformers calls it: nothing is escaped for HTML.
 *
 * @param indent what a level of nesting adds to the start of a line; without it everything is on one line
 */
record Json(
        boolean asciiOnly,
        boolean multiline,
        String indent,
        String itemSeparator,
        String keySeparator,
        boolean sortKeys) {
    private static final int CHECKED_EVERY = 4096;

    String dump(Object value, Budget budget) {
        StringBuilder out = new StringBuilder();
        write(value, "\n", out, budget);
        budget.string(out.length());
        return out.toString();
    }

    private void write(Object value, String newline, StringBuilder out, Budget budget) {
        budget.enter();
        budget.fits(out.length());
        switch (value) {
            case None none -> out.append("null");
            case String text -> {
                budget.string(text.length());
                quote(text, out, budget);
            }
            case Double number -> out.append(real(number));
            case List<?> list -> array(list, newline, out, budget);
            case Tuple(List<Object> items) -> array(items, newline, out, budget);
            case Group group -> array(group.tuple().items(), newline, out, budget);
            case Dict dict -> object(dict, newline, out, budget);
            default -> {
                if (!Numbers.isInteger(value)) {
                    throw JinjaException.error(
                            "Object of type " + Values.typeName(value) + " is not JSON serializable");
                }
                out.append(value);
            }
        }
        budget.leave();
    }

    private void array(Collection<?> items, String newline, StringBuilder out, Budget budget) {
        if (items.isEmpty()) {
            out.append("[]");
            return;
        }
        String inner = inner(newline, budget);
        Iterator<?> elements = items.iterator();
        out.append('[');
        for (boolean first = true; elements.hasNext(); first = false) {
            separate(first, inner, out);
            write(elements.next(), inner, out, budget);
        }
        out.append(multiline ? newline : "").append(']');
    }

    private void object(Dict dict, String newline, StringBuilder out, Budget budget) {
        if (dict.size() == 0) {
            out.append("{}");
            return;
        }
        List<Dict.Entry> entries = new ArrayList<>(dict.entries());
        if (sortKeys) {
            entries.sort((a, b) -> Compare.order("<", a.key(), b.key(), budget));
        }
        String inner = inner(newline, budget);
        out.append('{');
        boolean first = true;
        for (Dict.Entry entry : entries) {
            separate(first, inner, out);
            first = false;
            quote(key(entry.key()), out, budget);
            out.append(keySeparator);
            write(entry.value(), inner, out, budget);
        }
        out.append(multiline ? newline : "").append('}');
    }

    private String inner(String newline, Budget budget) {
        if (!multiline) {
            return newline;
        }
        budget.string((long) newline.length() + indent.length());
        return newline + indent;
    }

    private void separate(boolean first, String newline, StringBuilder out) {
        out.append(first ? "" : itemSeparator).append(multiline ? newline : "");
    }

    private static String key(Object key) {
        return switch (key) {
            case String text -> text;
            case None none -> "null";
            case Double number -> real(number);
            default -> {
                if (!Numbers.isInteger(key)) {
                    throw JinjaException.error(
                            "keys must be str, int, float, bool or None, not " + Values.typeName(key));
                }
                yield key.toString();
            }
        };
    }

    private static String real(double number) {
        if (Double.isFinite(number)) {
            return Repr.real(number);
        }
        return Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    }

    private void quote(String text, StringBuilder out, Budget budget) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (i % CHECKED_EVERY == 0) {
                budget.fits(out.length());
            }
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ' || asciiOnly && c > '~') {
                        out.append("\\u").append(HexFormat.of().toHexDigits(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
