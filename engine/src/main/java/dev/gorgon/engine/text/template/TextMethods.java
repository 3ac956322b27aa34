package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Python's methods of texts. */
final class TextMethods {

    private interface Method {
        Object call(String text, Args arguments, Budget budget);
    }

    private static final Map<String, Method> TABLE = table();

    private TextMethods() {}

    /** A method bound to its text, or null if there is none of this name. */
    static @Nullable Function find(String text, String name, Evaluator evaluator) {
        if (name.equals("format") || name.equals("format_map")) {
            return Function.of(name, arguments -> BraceFormat.call(text, name, arguments, evaluator));
        }
        Method method = TABLE.get(name);
        if (method == null) {
            return null;
        }
        return Function.of(name, arguments -> {
            evaluator.budget().scan(text.length());
            Object result = method.call(text, arguments, evaluator.budget());
            evaluator.budget().string(result instanceof String made ? made.length() : 0);
            return result;
        });
    }

    private static Map<String, Method> table() {
        Map<String, Method> table = new HashMap<>();
        mapping(table, "upper", Text::upper);
        mapping(table, "lower", Text::lower);
        mapping(table, "casefold", text -> Text.lower(Text.upper(text)));
        mapping(table, "capitalize", Text::capitalize);
        mapping(table, "title", Text::title);
        mapping(table, "swapcase", Text::swapCase);
        table.put("strip", (text, arguments, budget) -> strip(text, arguments, true, true, budget));
        table.put("lstrip", (text, arguments, budget) -> strip(text, arguments, true, false, budget));
        table.put("rstrip", (text, arguments, budget) -> strip(text, arguments, false, true, budget));
        table.put("split", TextSplitting::split);
        table.put("rsplit", TextSplitting::splitFromEnd);
        table.put("splitlines", TextSplitting::lines);
        table.put("partition", TextSplitting::partition);
        table.put("rpartition", TextSplitting::partitionAtLast);
        table.put("replace", TextMethods::replace);
        table.put(
                "join",
                (text, arguments, budget) ->
                        join(text, arguments.bind("iterable").required("iterable"), budget));
        table.put("startswith", (text, arguments, budget) -> TextSearch.affix(text, arguments, true, budget));
        table.put("endswith", (text, arguments, budget) -> TextSearch.affix(text, arguments, false, budget));
        table.put("find", (text, arguments, budget) -> TextSearch.find(text, arguments, false, budget));
        table.put("rfind", (text, arguments, budget) -> TextSearch.find(text, arguments, true, budget));
        table.put("index", (text, arguments, budget) -> TextSearch.index(text, arguments, false, budget));
        table.put("rindex", (text, arguments, budget) -> TextSearch.index(text, arguments, true, budget));
        table.put("count", TextSearch::count);
        table.put("removeprefix", (text, arguments, budget) -> {
            String prefix = Values.text(arguments.bind("prefix").required("prefix"));
            return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
        });
        table.put("removesuffix", (text, arguments, budget) -> {
            String suffix = Values.text(arguments.bind("suffix").required("suffix"));
            return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
        });
        table.put("center", (text, arguments, budget) -> pad(text, arguments, '^', budget));
        table.put("ljust", (text, arguments, budget) -> pad(text, arguments, '<', budget));
        table.put("rjust", (text, arguments, budget) -> pad(text, arguments, '>', budget));
        table.put("zfill", (text, arguments, budget) -> {
            long width = Numbers.index(arguments.bind("width").required("width"));
            int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
            return text.substring(0, sign) + Text.pad(text.substring(sign), width - sign, '0', '>', budget);
        });
        table.put("expandtabs", TextMethods::expandTabs);
        predicate(table, "isalpha", all(Character::isLetter));
        predicate(table, "isdigit", all(Character::isDigit));
        predicate(table, "isdecimal", all(Character::isDigit));
        predicate(table, "isnumeric", all(TextMethods::isNumeric));
        predicate(table, "isalnum", all(c -> Character.isLetter(c) || isNumeric(c)));
        predicate(table, "isspace", all(Text::isSpace));
        predicate(table, "islower", TextMethods::isLower);
        predicate(table, "isupper", TextMethods::isUpper);
        predicate(
                table,
                "istitle",
                text -> text.codePoints().anyMatch(Text::isCased)
                        && Text.title(text).equals(text));
        predicate(table, "isascii", text -> text.chars().allMatch(c -> c < 128));
        predicate(table, "isprintable", text -> text.codePoints().allMatch(Repr::isPrintable));
        predicate(
                table,
                "isidentifier",
                text -> !text.isEmpty()
                        && (text.codePointAt(0) == '_' || Character.isLetter(text.codePointAt(0)))
                        && text.codePoints().allMatch(c -> c == '_' || Character.isLetterOrDigit(c)));
        return Map.copyOf(table);
    }

    private static void mapping(Map<String, Method> table, String name, UnaryOperator<String> mapping) {
        table.put(name, (text, arguments, budget) -> {
            arguments.bind();
            return mapping.apply(text);
        });
    }

    private static void predicate(Map<String, Method> table, String name, Predicate<String> condition) {
        table.put(name, (text, arguments, budget) -> {
            arguments.bind();
            return condition.test(text);
        });
    }

    private static Predicate<String> all(IntPredicate condition) {
        return text -> !text.isEmpty() && text.codePoints().allMatch(condition);
    }

    private static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Character::isLowerCase)
                && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Character::isUpperCase)
                && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    private static Object strip(String text, Args arguments, boolean start, boolean end, Budget budget) {
        Object characters = arguments.bind("chars").optional("chars", None.NONE);
        return strip(text, characters, start, end, budget);
    }

    /** @param characters what to strip; None for white space */
    static String strip(String text, Object characters, boolean start, boolean end, Budget budget) {
        String result = text;
        if (characters == None.NONE) {
            result = end ? Text.stripEnd(result) : result;
            return start ? Text.stripStart(result) : result;
        }
        if (!(characters instanceof String set)) {
            throw characters instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("strip arg must be None or str");
        }
        budget.scan(set.length() * 16L);
        result = end ? Text.stripEnd(result, set) : result;
        return start ? Text.stripStart(result, set) : result;
    }

    private static Object replace(String text, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("old", "new", "count");
        return Text.replace(
                text,
                Values.text(given.required("old")),
                Values.text(given.required("new")),
                given.integer("count", -1),
                budget);
    }

    private static Object join(String separator, Object items, Budget budget) {
        List<String> parts = new ArrayList<>();
        List<Object> values = Values.list(items, budget);
        for (int i = 0; i < values.size(); i++) {
            if (!(values.get(i) instanceof String part)) {
                throw JinjaException.error(
                        "sequence item " + i + ": expected str instance, " + Values.typeName(values.get(i)) + " found");
            }
            parts.add(part);
        }
        return Text.join(separator, parts, budget);
    }

    private static Object pad(String text, Args arguments, char alignment, Budget budget) {
        Args.Bound given = arguments.bind("width", "fillchar");
        String fill = given.text("fillchar", " ");
        if (Text.length(fill) != 1) {
            throw JinjaException.error("The fill character must be exactly one character long");
        }
        return Text.pad(text, Numbers.index(given.required("width")), fill.codePointAt(0), alignment, budget);
    }

    private static Object expandTabs(String text, Args arguments, Budget budget) {
        long size = arguments.bind("tabsize").integer("tabsize", 8);
        StringBuilder out = new StringBuilder();
        long column = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\t') {
                out.append(c);
                column = c == '\n' || c == '\r' ? 0 : column + (Character.isLowSurrogate(c) ? 0 : 1);
            } else if (size > 0) {
                long spaces = size - column % size;
                budget.string(spaces);
                budget.fits(out.length() + spaces);
                out.append(" ".repeat((int) spaces));
                column += spaces;
            }
        }
        return out.toString();
    }
}
