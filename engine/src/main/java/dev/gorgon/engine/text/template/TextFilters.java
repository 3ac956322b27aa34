package dev.gorgon.engine.text.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters for texts. */
final class TextFilters {
    private static final Pattern WORD_START = Pattern.compile("[-\\s({\\[<]++", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WORD = Pattern.compile("\\w++", Pattern.UNICODE_CHARACTER_CLASS);

    private TextFilters() {}

    static void addTo(Map<String, Filters.Filter> table) {
        mapping(table, "upper", Text::upper);
        mapping(table, "lower", Text::lower);
        mapping(table, "capitalize", Text::capitalize);
        mapping(table, "title", TextFilters::title);
        mapping(table, "safe", text -> text);
        mapping(table, "escape", TextFilters::escape);
        mapping(table, "e", TextFilters::escape);
        mapping(table, "forceescape", TextFilters::escape);
        table.put("urlencode", (evaluator, input, arguments) -> {
            arguments.bind();
            return urlEncode(input, evaluator.budget());
        });
        table.put("trim", (evaluator, input, arguments) -> {
            String text = charged(input, evaluator.budget());
            return TextMethods.strip(
                    text, arguments.bind("chars").optional("chars", None.NONE), true, true, evaluator.budget());
        });
        table.put("replace", (evaluator, input, arguments) -> {
            Budget budget = evaluator.budget();
            Args.Bound given = arguments.bind("old", "new", "count");
            String old = Repr.str(given.required("old"), budget);
            String replacement = Repr.str(given.required("new"), budget);
            return Text.replace(charged(input, budget), old, replacement, given.integer("count", -1), budget);
        });
        table.put("format", TextFilters::format);
        table.put("indent", (evaluator, input, arguments) -> indent(input, arguments, evaluator.budget()));
        table.put("center", (evaluator, input, arguments) -> {
            long width = arguments.bind("width").integer("width", 80);
            return Text.pad(charged(input, evaluator.budget()), width, ' ', '^', evaluator.budget());
        });
        table.put("wordcount", (evaluator, input, arguments) -> {
            arguments.bind();
            return WORD.matcher(charged(input, evaluator.budget())).results().count();
        });
        table.put("truncate", (evaluator, input, arguments) -> truncate(input, arguments, evaluator.budget()));
    }

    /** A value as text whose reading is paid for. */
    private static String charged(Object input, Budget budget) {
        String text = Repr.str(input, budget);
        budget.scan(text.length());
        return text;
    }

    private static void mapping(Map<String, Filters.Filter> table, String name, UnaryOperator<String> mapping) {
        table.put(name, (evaluator, input, arguments) -> {
            arguments.bind();
            String result = mapping.apply(charged(input, evaluator.budget()));
            evaluator.budget().string(result.length());
            return result;
        });
    }

    private static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        Matcher starts = WORD_START.matcher(text);
        int from = 0;
        while (starts.find()) {
            out.append(Text.capitalize(text.substring(from, starts.start()))).append(starts.group());
            from = starts.end();
        }
        return out.append(Text.capitalize(text.substring(from))).toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    /** A text, or the query of a URL from a dict or pairs. */
    private static String urlEncode(Object input, Budget budget) {
        if (input instanceof String || !Values.isIterable(input)) {
            return urlEncode(charged(input, budget)).replace("+", "%20").replace("%2F", "/");
        }
        Object pairs = input instanceof Dict dict ? new DictView(dict, DictView.Kind.ITEMS) : input;
        List<String> query = new ArrayList<>();
        Values.iterate(pairs).forEachRemaining(pair -> {
            List<Object> parts = Values.list(pair, budget);
            if (parts.size() != 2) {
                throw JinjaException.error("urlencode needs pairs, not " + parts.size() + " values");
            }
            query.add(urlEncode(charged(parts.get(0), budget)) + "=" + urlEncode(charged(parts.get(1), budget)));
        });
        return Text.join("&", query, budget);
    }

    private static String urlEncode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    private static Object format(Evaluator evaluator, Object input, Args arguments) {
        Budget budget = evaluator.budget();
        if (!arguments.named().isEmpty() && !arguments.positional().isEmpty()) {
            throw JinjaException.error("can't handle positional and keyword arguments at the same time");
        }
        Object values = new Tuple(arguments.positional());
        if (!arguments.named().isEmpty()) {
            Dict named = new Dict();
            arguments.named().forEach((name, value) -> named.put(name, value, budget));
            values = named;
        }
        return PrintfFormat.format(charged(input, budget), values, budget);
    }

    private static Object indent(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("width", "first", "blank");
        Object width = given.optional("width", 4L);
        String indent;
        if (width instanceof String text) {
            indent = text;
        } else {
            long spaces = Math.max(0, Numbers.index(width));
            budget.string(spaces);
            indent = " ".repeat((int) spaces);
        }
        if (!(input instanceof String text)) {
            throw input instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("indent needs a text, not " + Values.typeName(input));
        }
        boolean blank = given.flag("blank", false);
        List<String> lines = new ArrayList<>();
        for (Object line : Text.lines(text + "\n", false, budget)) {
            boolean indented = !lines.isEmpty() && (blank || !((String) line).isEmpty());
            budget.string(((String) line).length() + (long) indent.length());
            lines.add(indented ? indent + line : (String) line);
        }
        String result = Text.join("\n", lines, budget);
        return given.flag("first", false) ? Operators.binary("+", indent, result, budget) : result;
    }

    private static Object truncate(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("length", "killwords", "end", "leeway");
        long length = given.integer("length", 255);
        String end = given.text("end", "...");
        long leeway = given.integer("leeway", 5);
        int kept = Text.length(end);
        if (length < kept || leeway < 0) {
            throw JinjaException.error("truncate needs a length of at least " + kept + " and no negative leeway");
        }
        if (Values.length(input) <= length + leeway) {
            return input;
        }
        String text = charged(Values.text(input), budget);
        String start = text.substring(0, text.offsetByCodePoints(0, (int) length - kept));
        int space = given.flag("killwords", false) ? -1 : start.lastIndexOf(' ');
        return (space < 0 ? start : start.substring(0, space)) + end;
    }
}
