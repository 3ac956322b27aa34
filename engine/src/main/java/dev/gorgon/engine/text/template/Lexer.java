package dev.gorgon.engine.text.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into text and tokens, as Jinja does with {@code trim_blocks} and {@code lstrip_blocks}: the newline after a
 * block or comment disappears, and so does what stands before one on its line, if that is white space.
 */
final class Lexer {
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})");
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private final Deque<Character> open = new ArrayDeque<>();
    private int position;
    private int line = 1;

    /** Whether what was read last ends a line; the template starts one. */
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
    }

    /** All tokens of a template; the last is {@link Token.Kind#END}. */
    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        Lexer lexer = new Lexer(source);
        while (lexer.position < source.length()) {
            lexer.root();
        }
        lexer.add(Token.Kind.END, "");
        return lexer.tokens;
    }

    private void add(Token.Kind kind, String text) {
        tokens.add(new Token(kind, text, text, line));
    }

    /** Text up to the next tag, and the tag. */
    private void root() {
        int tag = position;
        while (tag < source.length() && !startsTag(tag)) {
            tag++;
        }
        String text = source.substring(position, tag);
        if (tag == source.length()) {
            data(text);
            position = tag;
            return;
        }
        char kind = source.charAt(tag + 1);
        Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
        if (kind == '%' && raw.lookingAt()) {
            data(stripped(text, raw.group(1), true));
            advance(tag, raw.end());
            raw();
            return;
        }
        int next = tag + 2;
        String sign = "";
        if (next < source.length() && (source.charAt(next) == '-' || source.charAt(next) == '+')) {
            sign = source.substring(next, ++next);
        }
        data(stripped(text, sign, kind != '{'));
        advance(tag, next);
        switch (kind) {
            case '#' -> comment();
            case '%' -> inside(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
            default -> inside(Token.Kind.PRINT_BEGIN, Token.Kind.PRINT_END, "}}");
        }
    }

    private boolean startsTag(int at) {
        if (source.charAt(at) != '{' || at + 1 >= source.length()) {
            return false;
        }
        char next = source.charAt(at + 1);
        return next == '{' || next == '%' || next == '#';
    }

    /** The text before a tag without the white space that belongs to the tag. */
    private String stripped(String text, String sign, boolean isBlock) {
        if (sign.equals("-")) {
            return Text.stripEnd(text);
        }
        if (sign.equals("+") || !isBlock) {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean onlySpace = (lineStart > 0 || lineStarts) && Text.isSpace(text.substring(lineStart));
        return onlySpace ? text.substring(0, lineStart) : text;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Token.Kind.DATA, text);
        }
    }

    /** Moves to a position after what was understood; {@code from} is where it began. */
    private void advance(int from, int to) {
        for (int i = position; i < to; i++) {
            line += source.charAt(i) == '\n' ? 1 : 0;
        }
        lineStarts = to > from && source.charAt(to - 1) == '\n';
        position = to;
    }

    private int skipSpace(int at) {
        int end = at;
        while (end < source.length() && Text.isSpace(source.charAt(end))) {
            end++;
        }
        return end;
    }

    private int skipNewline(int at) {
        return at < source.length() && source.charAt(at) == '\n' ? at + 1 : at;
    }

    private void raw() {
        Matcher end = RAW_END.matcher(source);
        if (!end.find(position)) {
            throw JinjaException.syntax("Missing end of raw directive", line);
        }
        data(stripped(source.substring(position, end.start()), end.group(1), true));
        advance(end.start(), end.end());
    }

    private void comment() {
        int end = source.indexOf("#}", position);
        if (end < 0) {
            throw JinjaException.syntax("Missing end of comment tag", line);
        }
        char before = end > position ? source.charAt(end - 1) : ' ';
        int next = end + 2;
        advance(end, before == '-' ? skipSpace(next) : before == '+' ? next : skipNewline(next));
    }

    /** Tokens of a block or print statement, and its end. */
    private void inside(Token.Kind begin, Token.Kind endKind, String end) {
        add(begin, "");
        while (position < source.length()) {
            int after = open.isEmpty() ? end(end) : -1;
            if (after >= 0) {
                add(endKind, "");
                advance(position, after);
                return;
            }
            token();
        }
        // the parser says what is missing
    }

    /** Where the text continues if the statement ends here, else -1. */
    private int end(String end) {
        int next = position + 1 + end.length();
        if (source.startsWith("-" + end, position)) {
            return skipSpace(next);
        }
        if (end.equals("%}") && source.startsWith("+" + end, position)) {
            return next;
        }
        if (source.startsWith(end, position)) {
            return end.equals("%}") ? skipNewline(next - 1) : next - 1;
        }
        return -1;
    }

    private void token() {
        char c = source.charAt(position);
        int start = position;
        if (Text.isSpace(c)) {
            advance(start, skipSpace(start));
            return;
        }
        if (c >= '0' && c <= '9') {
            NumberScanner number = NumberScanner.at(source, start);
            tokens.add(new Token(number.kind(), source.substring(start, number.end()), number.value(), line));
            advance(start, number.end());
            return;
        }
        if (c == '\'' || c == '"') {
            string(c);
            return;
        }
        int end = nameEnd(start);
        if (end > start) {
            add(Token.Kind.NAME, source.substring(start, end));
            advance(start, end);
            return;
        }
        String operator = operator();
        balance(operator);
        add(Token.Kind.OPERATOR, operator);
        advance(start, start + operator.length());
    }

    private int nameEnd(int start) {
        int end = start;
        while (end < source.length()) {
            int c = source.codePointAt(end);
            if (c != '_' && !Character.isLetterOrDigit(c)) {
                break;
            }
            end += Character.charCount(c);
        }
        return end;
    }

    private void string(char quote) {
        int end = position + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw JinjaException.syntax("a string does not end", line);
        }
        String value = Escapes.decode(source.substring(position + 1, end), line);
        tokens.add(new Token(Token.Kind.STRING, source.substring(position, end + 1), value, line));
        advance(position, end + 1);
    }

    private String operator() {
        String two = source.substring(position, Math.min(position + 2, source.length()));
        if (List.of("//", "**", "==", "!=", ">=", "<=").contains(two)) {
            return two;
        }
        if ("+-/*%~[](){}><=.:|,;".indexOf(two.charAt(0)) < 0) {
            String character = Character.toString(source.codePointAt(position));
            throw JinjaException.syntax("unexpected char " + Repr.quote(character), line);
        }
        return two.substring(0, 1);
    }

    private void balance(String operator) {
        switch (operator) {
            case "{" -> open.push('}');
            case "(" -> open.push(')');
            case "[" -> open.push(']');
            case "}", ")", "]" -> {
                if (open.isEmpty()) {
                    throw JinjaException.syntax("unexpected '" + operator + "'", line);
                }
                char expected = open.pop();
                if (expected != operator.charAt(0)) {
                    throw JinjaException.syntax("unexpected '" + operator + "', expected '" + expected + "'", line);
                }
            }
            default -> {}
        }
    }
}
