package dev.gorgon.engine.text.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands after the colon of a field: {@code [[fill]align][sign][#][0][width][grouping][.precision][type]}.
 *
 * @param align one of {@code < > ^ =}, or a blank for the type's own
 * @param grouping a comma, an underscore, or a blank
 * @param precision digits, or -1
 * @param type a letter, or a blank
 */
record FormatSpec(
        int fill, char align, char sign, boolean alternate, int width, char grouping, int precision, char type) {
    private static final Pattern SYNTAX = Pattern.compile(
            "(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\\d{1,4})?"
                    + "(?<grouping>[,_])?(?:\\.(?<precision>\\d{1,4}))?(?<type>[a-zA-Z%])?",
            Pattern.DOTALL);

    static FormatSpec parse(String spec) {
        Matcher matcher = SYNTAX.matcher(spec);
        if (!matcher.matches()) {
            throw JinjaException.error("Invalid format specifier");
        }
        String fill = matcher.group("fill");
        boolean zero = matcher.group("zero") != null;
        return new FormatSpec(
                fill != null ? fill.codePointAt(0) : zero ? '0' : ' ',
                letter(matcher.group("align"), zero ? '=' : ' '),
                letter(matcher.group("sign"), '-'),
                matcher.group("alternate") != null,
                number(matcher.group("width"), 0),
                letter(matcher.group("grouping"), ' '),
                number(matcher.group("precision"), -1),
                letter(matcher.group("type"), ' '));
    }

    private static char letter(@org.jspecify.annotations.Nullable String group, char fallback) {
        return group == null ? fallback : group.charAt(0);
    }

    private static int number(@org.jspecify.annotations.Nullable String group, int fallback) {
        return group == null ? fallback : Integer.parseInt(group);
    }

    String apply(Object value, Budget budget) {
        budget.work(Math.max(1, precision));
        if (value instanceof Boolean && type == ' ' || !Numbers.isNumber(value)) {
            return text(value, budget);
        }
        String number =
                Numbers.isInteger(value) && " dboxXnc".indexOf(type) >= 0 ? integer(value) : real(Numbers.real(value));
        String signed = !number.startsWith("-") && sign != '-' ? sign + number : number;
        if (align == '=') {
            int digits = signed.startsWith("-") || signed.startsWith("+") || signed.startsWith(" ") ? 1 : 0;
            return signed.substring(0, digits)
                    + Text.pad(signed.substring(digits), width - (long) digits, fill, '>', budget);
        }
        return Text.pad(signed, width, fill, align == ' ' ? '>' : align, budget);
    }

    private String text(Object value, Budget budget) {
        boolean plain = this.equals(parse(""));
        if (!(value instanceof String) && !(value instanceof Undefined) && !(value instanceof Boolean) && !plain) {
            throw JinjaException.error("unsupported format string passed to " + Values.typeName(value) + ".__format__");
        }
        if (type != ' ' && type != 's') {
            throw JinjaException.error(
                    "Unknown format code '" + type + "' for object of type '" + Values.typeName(value) + "'");
        }
        String text = Repr.str(value, budget);
        if (precision >= 0 && precision < Text.length(text)) {
            text = text.substring(0, text.offsetByCodePoints(0, precision));
        }
        return Text.pad(text, width, fill, align == ' ' || align == '=' ? '<' : align, budget);
    }

    private String integer(Object value) {
        if (type == 'c') {
            return Character.toString(Math.clamp(Numbers.index(value), 0, Character.MAX_CODE_POINT));
        }
        int radix = switch (type) {
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x', 'X' -> 16;
            default -> 10;
        };
        String digits = Numbers.big(value).abs().toString(radix);
        digits = type == 'X' ? Text.upper(digits) : digits;
        String prefix = alternate && radix != 10 ? "0" + type : "";
        return (Numbers.big(value).signum() < 0 ? "-" : "") + prefix + grouped(digits, radix == 10 ? 3 : 4);
    }

    private String real(double number) {
        String text = switch (type) {
            case ' ' ->
                precision < 0 ? Repr.real(number) : withFraction(NumberFormat.real(number, 'g', precision, alternate));
            case '%' -> NumberFormat.real(number * 100, 'f', precision < 0 ? 6 : precision, alternate) + "%";
            case 'e', 'E', 'f', 'F', 'g', 'G', 'n' ->
                NumberFormat.real(number, type == 'n' ? 'g' : type, precision < 0 ? 6 : precision, alternate);
            default -> throw JinjaException.error("Unknown format code '" + type + "' for object of type 'float'");
        };
        int start = text.startsWith("-") ? 1 : 0;
        int end = start;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return text.substring(0, start) + grouped(text.substring(start, end), 3) + text.substring(end);
    }

    private static String withFraction(String text) {
        return text.matches("-?\\d+") ? text + ".0" : text;
    }

    private String grouped(String digits, int size) {
        if (grouping == ' ') {
            return digits;
        }
        StringBuilder out = new StringBuilder(digits);
        for (int at = digits.length() - size; at > 0; at -= size) {
            out.insert(at, grouping);
        }
        return out.toString();
    }
}
