package dev.gorgon.engine.text.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Makes statements of tokens. */
final class Parser {
    private static final Set<String> SPECIAL = Set.of("caller", "kwargs", "varargs");

    private final TokenStream tokens;
    private final ParseDepth depth = new ParseDepth();
    private final ExprParser expressions;

    /** Loops around the current place within its macro; {@code break} needs one. */
    private final Deque<Integer> loops = new ArrayDeque<>(List.of(0));

    private Parser(List<Token> tokens) {
        this.tokens = new TokenStream(tokens);
        this.expressions = new ExprParser(this.tokens, depth);
    }

    static List<Stmt> parse(String template) {
        Parser parser = new Parser(Lexer.tokens(template));
        return parser.statements();
    }

    /** Statements up to the end of the template or a tag of this name, which is current then. */
    private List<Stmt> statements(String... ends) {
        List<Stmt> body = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            depth.statement();
            switch (token.kind()) {
                case END -> {
                    if (ends.length > 0) {
                        throw JinjaException.syntax(
                                "Unexpected end of template. Jinja was looking for the following tags: "
                                        + String.join(" or ", quoted(ends)) + ".",
                                token.line());
                    }
                    return body;
                }
                case DATA -> body.add(new Stmt.Text(token.text(), token.line()));
                case PRINT_BEGIN -> {
                    body.add(new Stmt.Print(expressions.tuple(true, false, ""), token.line()));
                    tokens.expect(Token.Kind.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    for (String end : ends) {
                        if (tokens.isName(end)) {
                            return body;
                        }
                    }
                    body.addAll(statement(ends));
                    tokens.expect(Token.Kind.BLOCK_END);
                }
                default -> throw JinjaException.syntax("unexpected '" + token.describe() + "'", token.line());
            }
        }
    }

    private static List<String> quoted(String... names) {
        return List.of(names).stream().map(name -> "'" + name + "'").toList();
    }

    /** The body of a tag, without its end. */
    private List<Stmt> body(String... ends) {
        tokens.skipOperator(":");
        tokens.expect(Token.Kind.BLOCK_END);
        depth.enter(tokens.line());
        List<Stmt> body = statements(ends);
        depth.leave();
        return body;
    }

    private List<Stmt> bodyAndEnd(String end) {
        List<Stmt> body = body(end);
        tokens.expectName(end);
        return body;
    }

    private List<Stmt> statement(String... ends) {
        Token tag = tokens.current();
        if (tag.kind() != Token.Kind.NAME) {
            throw tokens.error("tag name expected");
        }
        tokens.next();
        int line = tag.line();
        return switch (tag.text()) {
            case "for" -> List.of(forLoop(line));
            case "if" -> List.of(ifElse(line));
            case "set" -> List.of(set(line));
            case "macro" ->
                List.of(new Stmt.Macro(macro(tokens.expect(Token.Kind.NAME).text(), "endmacro"), line));
            case "call" -> List.of(call(line));
            case "filter" -> {
                Expr value = filterChain(expressions.filter(new Expr.Name(Expr.COLLECTED)));
                yield List.of(new Stmt.FilterBlock(value, bodyAndEnd("endfilter"), line));
            }
            case "with" -> List.of(with(line));
            case "print" -> print(line);
            case "block" -> List.of(block(line));
            case "generation" -> List.of(new Stmt.Block(apart("endgeneration"), false, line));
            case "break" -> List.of(new Stmt.Break(inLoop(tag)));
            case "continue" -> List.of(new Stmt.Continue(inLoop(tag)));
            case "include", "import", "from", "extends", "autoescape" ->
                throw JinjaException.syntax(
                        "'" + tag.text() + "' is not available: a chat template stands alone", line);
            default ->
                throw JinjaException.syntax(
                        "Encountered unknown tag '" + tag.text() + "'."
                                + (ends.length == 0
                                        ? ""
                                        : " Jinja was looking for the following tags: "
                                                + String.join(" or ", quoted(ends)) + "."),
                        line);
        };
    }

    private int inLoop(Token tag) {
        if (loops.element() == 0) {
            throw JinjaException.syntax("'" + tag.text() + "' outside loop", tag.line());
        }
        return tag.line();
    }

    /** A body that becomes a function in Jinja, where loops around it cannot be left from within. */
    private List<Stmt> apart(String end) {
        loops.push(0);
        List<Stmt> body = bodyAndEnd(end);
        loops.pop();
        return body;
    }

    private Stmt forLoop(int line) {
        Expr target = target("in", false);
        checkNotLoop(target, line);
        tokens.expectName("in");
        Expr items = expressions.tuple(false, false, "recursive");
        Expr test = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        loops.push(loops.pop() + 1);
        List<Stmt> body = body("endfor", "else");
        loops.push(loops.pop() - 1);
        List<Stmt> otherwise = tokens.next().isName("else") ? bodyAndEnd("endfor") : List.of();
        return new Stmt.For(target, items, test, recursive, body, otherwise, line);
    }

    private static void checkNotLoop(Expr target, int line) {
        boolean wrong = switch (target) {
            case Expr.Name(String name) -> name.equals("loop");
            case Expr.TupleLiteral(List<Expr> items) -> items.contains(new Expr.Name("loop"));
            default -> false;
        };
        if (wrong) {
            throw JinjaException.syntax("Can't assign to special loop variable in for-loop target", line);
        }
    }

    private Stmt ifElse(int line) {
        List<Stmt.Branch> branches = new ArrayList<>();
        while (true) {
            Expr test = expressions.tuple(false, false, "");
            branches.add(new Stmt.Branch(test, body("elif", "else", "endif")));
            Token next = tokens.next();
            if (next.isName("elif")) {
                continue;
            }
            return new Stmt.If(branches, next.isName("else") ? bodyAndEnd("endif") : List.of(), line);
        }
    }

    private Stmt set(int line) {
        Expr target = target("", true);
        if (tokens.skipOperator("=")) {
            return new Stmt.Set(target, expressions.tuple(true, false, ""), line);
        }
        Expr value = filterChain(new Expr.Name(Expr.COLLECTED));
        return new Stmt.SetBlock(target, value, bodyAndEnd("endset"), line);
    }

    private Expr filterChain(Expr input) {
        Expr value = input;
        while (tokens.skipOperator("|")) {
            depth.link(tokens.line());
            value = expressions.filter(value);
        }
        return value;
    }

    private Stmt with(int line) {
        List<Expr> targets = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (tokens.current().kind() != Token.Kind.BLOCK_END
                && tokens.current().kind() != Token.Kind.END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(target("", false));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Stmt.With(targets, values, bodyAndEnd("endwith"), line);
    }

    private List<Stmt> print(int line) {
        List<Stmt> prints = new ArrayList<>();
        while (tokens.current().kind() != Token.Kind.BLOCK_END
                && tokens.current().kind() != Token.Kind.END) {
            if (!prints.isEmpty()) {
                tokens.expectOperator(",");
            }
            prints.add(new Stmt.Print(expressions.expression(), line));
        }
        return prints;
    }

    private Stmt block(int line) {
        String name = tokens.expect(Token.Kind.NAME).text();
        boolean scoped = tokens.skipName("scoped");
        tokens.skipName("required");
        List<Stmt> body = apart("endblock");
        tokens.skipName(name);
        return new Stmt.Block(body, !scoped, line);
    }

    private Stmt call(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        if (tokens.isOperator("(")) {
            signature(parameters, defaults);
        }
        if (!(expressions.expression() instanceof Expr.Call call)) {
            throw JinjaException.syntax("expected call", line);
        }
        return new Stmt.CallBlock(call, macro("caller", parameters, defaults, apart("endcall")), line);
    }

    private Stmt.MacroCode macro(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        signature(parameters, defaults);
        return macro(name, parameters, defaults, apart(end));
    }

    private static Stmt.MacroCode macro(String name, List<String> parameters, List<Expr> defaults, List<Stmt> body) {
        Set<String> special = new HashSet<>(SPECIAL);
        parameters.forEach(special::remove);
        special.retainAll(FreeNames.of(body));
        return new Stmt.MacroCode(name, parameters, defaults, special, body);
    }

    private void signature(List<String> parameters, List<Expr> defaults) {
        tokens.expectOperator("(");
        while (!tokens.isOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            parameters.add(tokens.expect(Token.Kind.NAME).text());
            if (tokens.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw tokens.error("non-default argument follows default argument");
            }
        }
        tokens.expectOperator(")");
    }

    /** What is assigned to: a name, a namespace's attribute if allowed, or several of them. */
    private Expr target(String endName, boolean namespaces) {
        List<Expr> targets = new ArrayList<>();
        boolean isTuple = false;
        while (true) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (expressions.endsTuple(endName)) {
                break;
            }
            targets.add(singleTarget(namespaces));
            if (!tokens.isOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (targets.isEmpty()) {
            throw tokens.error(
                    "Expected an expression, got '" + tokens.current().describe() + "'");
        }
        return isTuple ? new Expr.TupleLiteral(targets) : targets.getFirst();
    }

    private Expr singleTarget(boolean namespaces) {
        int line = tokens.line();
        if (namespaces
                && tokens.current().kind() == Token.Kind.NAME
                && tokens.following().isOperator(".")) {
            String namespace = tokens.next().text();
            tokens.next();
            return new Expr.NamespaceAttribute(
                    namespace, tokens.expect(Token.Kind.NAME).text());
        }
        Expr target = expressions.primary();
        if (!isTarget(target)) {
            throw JinjaException.syntax("can't assign to this expression", line);
        }
        return target;
    }

    private static boolean isTarget(Expr target) {
        return switch (target) {
            case Expr.Name name -> true;
            case Expr.TupleLiteral(List<Expr> items) -> items.stream().allMatch(Parser::isTarget);
            default -> false;
        };
    }
}
