package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/** Values as text: Python's {@code str} and {@code repr}. */
final class Repr {

    private Repr() {}

    /** What printing a value prints. */
    static String str(Object value, Budget budget) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> "";
            default -> repr(value, budget);
        };
    }

    static String repr(Object value, Budget budget) {
        StringBuilder out = new StringBuilder();
        write(value, out, budget);
        budget.string(out.length());
        return out.toString();
    }

    private static void write(Object value, StringBuilder out, Budget budget) {
        budget.enter();
        budget.fits(out.length());
        switch (value) {
            case None none -> out.append("None");
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Double number -> out.append(real(number));
            case String text -> {
                budget.string(text.length());
                out.append(quote(text));
            }
            case Undefined undefined -> out.append("Undefined");
            case List<?> list -> items("[", Values.asObjects(list).iterator(), "]", out, budget);
            case Group group -> write(group.tuple(), out, budget);
            case Tuple(List<Object> items) -> items("(", items.iterator(), items.size() == 1 ? ",)" : ")", out, budget);
            case Dict dict -> dict(dict, out, budget);
            case DictView view -> items(Values.typeName(view) + "([", view.iterator(), "])", out, budget);
            case Range(long start, long stop, long step) ->
                out.append("range(")
                        .append(start)
                        .append(", ")
                        .append(stop)
                        .append(step == 1 ? ")" : ", " + step + ")");
            case Namespace namespace -> {
                Dict attributes = new Dict();
                namespace.attributes().forEach((name, attribute) -> attributes.put(name, attribute, budget));
                out.append("<Namespace ");
                dict(attributes, out, budget);
                out.append('>');
            }
            case LoopContext loop ->
                out.append("<LoopContext ")
                        .append(loop.index())
                        .append('/')
                        .append(loop.length())
                        .append('>');
            case Macro macro ->
                out.append("<Macro ").append(quote(macro.name())).append('>');
            case Function function ->
                out.append("<function ").append(function.name()).append('>');
            case Cycler cycler -> out.append("<Cycler>");
            case Lazy lazy -> out.append('<').append(lazy.typeName()).append(" object>");
            default -> out.append(value); // whole numbers
        }
        budget.leave();
    }

    private static void items(String open, Iterator<Object> items, String close, StringBuilder out, Budget budget) {
        out.append(open);
        boolean first = true;
        while (items.hasNext()) {
            out.append(first ? "" : ", ");
            first = false;
            write(items.next(), out, budget);
        }
        out.append(close);
    }

    private static void dict(Dict dict, StringBuilder out, Budget budget) {
        out.append('{');
        boolean first = true;
        for (Dict.Entry entry : dict.entries()) {
            out.append(first ? "" : ", ");
            first = false;
            write(entry.key(), out, budget);
            out.append(": ");
            write(entry.value(), out, budget);
        }
        out.append('}');
    }

    /** A text in quotes, single ones unless only double ones avoid escapes. */
    static String quote(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(escape(c));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }

    private static String escape(int c) {
        HexFormat hex = HexFormat.of();
        if (c < 0x100) {
            return "\\x" + hex.toHexDigits((byte) c);
        }
        return c < 0x10000 ? "\\u" + hex.toHexDigits((char) c) : "\\U" + hex.toHexDigits(c);
    }

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** The shortest decimal that means this number, written as Python writes it. */
    static String real(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number > 0 ? "0.0" : "-0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = decimal.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = decimal.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return (number < 0 ? "-" : "")
                + mantissa
                + 'e'
                + (exponent < 0 ? '-' : '+')
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
