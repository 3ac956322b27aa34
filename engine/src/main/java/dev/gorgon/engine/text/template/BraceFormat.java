package dev.gorgon.engine.text.template;

import java.util.List;
import java.util.Map;

/** Python's {@code str.format}, within the sandbox: fields see attributes and items as templates do. */
final class BraceFormat {
    private static final int MAX_NESTING = 2;

    private final List<Object> positional;
    private final Map<String, Object> named;
    private final Evaluator evaluator;
    private int automatic;

    private BraceFormat(List<Object> positional, Map<String, Object> named, Evaluator evaluator) {
        this.positional = positional;
        this.named = named;
        this.evaluator = evaluator;
    }

    /** The method {@code format} or {@code format_map} of a text. */
    static Object call(String format, String method, Args arguments, Evaluator evaluator) {
        if (method.equals("format")) {
            return new BraceFormat(arguments.positional(), arguments.named(), evaluator).expand(format, 0);
        }
        if (!(arguments.bind("mapping").required("mapping") instanceof Dict dict)) {
            throw JinjaException.error("format_map() argument must be a mapping");
        }
        Map<String, Object> named = new java.util.HashMap<>();
        dict.entries().forEach(entry -> named.put(Repr.str(entry.key(), evaluator.budget()), entry.value()));
        evaluator.budget().elements(named.size());
        return new BraceFormat(List.of(), named, evaluator).expand(format, 0);
    }

    private String expand(String format, int nesting) {
        if (nesting >= MAX_NESTING) {
            throw JinjaException.error("Max string recursion exceeded");
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < format.length()) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if (c != '{' && c != '}') {
                out.append(c);
                i++;
            } else if (doubled) {
                out.append(c);
                i += 2;
            } else if (c == '}') {
                throw JinjaException.error("Single '}' encountered in format string");
            } else {
                int end = fieldEnd(format, i + 1);
                out.append(field(format.substring(i + 1, end), nesting));
                i = end + 1;
            }
            evaluator.budget().fits(out.length());
        }
        evaluator.budget().string(out.length());
        return out.toString();
    }

    private static int fieldEnd(String format, int from) {
        int open = 1;
        for (int i = from; i < format.length(); i++) {
            open += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
            if (open == 0) {
                return i;
            }
        }
        throw JinjaException.error(
                from == format.length()
                        ? "Single '{' encountered in format string"
                        : "expected '}' before end of string");
    }

    private String field(String field, int nesting) {
        int nameEnd = 0;
        boolean inBrackets = false;
        while (nameEnd < field.length() && (inBrackets || "!:".indexOf(field.charAt(nameEnd)) < 0)) {
            char c = field.charAt(nameEnd++);
            inBrackets = c == '[' || inBrackets && c != ']';
        }
        Object value = value(field.substring(0, nameEnd));
        int specStart = nameEnd;
        if (field.startsWith("!", nameEnd)) {
            value = converted(value, field, nameEnd + 1);
            specStart = nameEnd + 2;
        }
        if (specStart < field.length() && field.charAt(specStart) != ':') {
            throw JinjaException.error("expected ':' after conversion specifier");
        }
        String spec = specStart < field.length() ? expand(field.substring(specStart + 1), nesting + 1) : "";
        return FormatSpec.parse(spec).apply(value, evaluator.budget());
    }

    private Object converted(Object value, String field, int at) {
        char conversion = at < field.length() ? field.charAt(at) : ' ';
        return switch (conversion) {
            case 's' -> Repr.str(value, evaluator.budget());
            case 'r', 'a' -> Repr.repr(value, evaluator.budget());
            default -> throw JinjaException.error("Unknown conversion specifier " + conversion);
        };
    }

    /** {@code name.attribute[key]}; no name counts on. */
    private Object value(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Object value = first(path.substring(0, end));
        while (end < path.length()) {
            if (path.charAt(end) == '[') {
                int close = path.indexOf(']', end);
                if (close < 0) {
                    throw JinjaException.error("Missing ']' in format string");
                }
                String key = path.substring(end + 1, close);
                Object index = isIndex(key) ? (Object) Long.parseLong(key) : key;
                value = evaluator.item(value, index);
                end = close + 1;
            } else {
                int start = ++end;
                while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
                    end++;
                }
                value = evaluator.attribute(value, path.substring(start, end));
            }
        }
        return value;
    }

    private static boolean isIndex(String key) {
        return !key.isEmpty() && key.length() < 10 && key.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Object first(String name) {
        if (name.isEmpty() || isIndex(name)) {
            int index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
            if (index >= positional.size()) {
                throw JinjaException.error("Replacement index " + index + " out of range for positional args tuple");
            }
            return positional.get(index);
        }
        Object value = named.get(name);
        if (value == null) {
            throw JinjaException.error(Repr.quote(name));
        }
        return value;
    }
}
