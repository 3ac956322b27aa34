package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Recursive descent over expressions, with Jinja's precedence. */
final class ExprParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final TokenStream tokens;
    private final ParseDepth depth;

    ExprParser(TokenStream tokens, ParseDepth depth) {
        this.tokens = tokens;
        this.depth = depth;
    }

    Expr expression() {
        return conditional();
    }

    /** Without {@code a if b}: that would swallow the condition of a loop. */
    Expr simpleExpression() {
        return or();
    }

    private Expr conditional() {
        depth.enter(tokens.line());
        Expr value = or();
        while (tokens.skipName("if")) {
            depth.link(tokens.line());
            Expr test = or();
            Expr otherwise = tokens.skipName("else") ? conditional() : null;
            value = new Expr.Conditional(test, value, otherwise);
        }
        depth.leave();
        return value;
    }

    private Expr or() {
        Expr left = and();
        while (tokens.skipName("or")) {
            depth.link(tokens.line());
            left = new Expr.Or(left, and());
        }
        return left;
    }

    private Expr and() {
        Expr left = not();
        while (tokens.skipName("and")) {
            depth.link(tokens.line());
            left = new Expr.And(left, not());
        }
        return left;
    }

    private Expr not() {
        if (tokens.skipName("not")) {
            depth.enter(tokens.line());
            Expr negated = new Expr.Not(not());
            depth.leave();
            return negated;
        }
        return comparison();
    }

    private Expr comparison() {
        Expr first = sum();
        List<Expr.Comparison> rest = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                tokens.next();
                rest.add(new Expr.Comparison(token.text(), sum()));
            } else if (tokens.skipName("in")) {
                rest.add(new Expr.Comparison("in", sum()));
            } else if (token.isName("not") && tokens.following().isName("in")) {
                tokens.next();
                tokens.next();
                rest.add(new Expr.Comparison("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expr.Compare(first, rest);
            }
        }
    }

    private Expr sum() {
        Expr left = concatenation();
        while (tokens.isOperator("+") || tokens.isOperator("-")) {
            depth.link(tokens.line());
            String operator = tokens.next().text();
            left = new Expr.Binary(operator, left, concatenation());
        }
        return left;
    }

    private Expr concatenation() {
        List<Expr> parts = new ArrayList<>();
        parts.add(product());
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.getFirst() : new Expr.Concat(parts);
    }

    private Expr product() {
        Expr left = power();
        while (tokens.current().kind() == Token.Kind.OPERATOR
                && PRODUCTS.contains(tokens.current().text())) {
            depth.link(tokens.line());
            String operator = tokens.next().text();
            left = new Expr.Binary(operator, left, power());
        }
        return left;
    }

    private Expr power() {
        Expr left = unary(true);
        while (tokens.skipOperator("**")) {
            depth.link(tokens.line());
            left = new Expr.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean withFilters) {
        Expr value;
        if (tokens.isOperator("-") || tokens.isOperator("+")) {
            depth.enter(tokens.line());
            value = tokens.next().text().equals("-") ? new Expr.Negate(unary(false)) : new Expr.Plus(unary(false));
            depth.leave();
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilters ? filters(value) : value;
    }

    Expr primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME -> name(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder((String) token.value());
                while (tokens.current().kind() == Token.Kind.STRING) {
                    text.append(tokens.next().value());
                }
                yield new Expr.Const(text.toString());
            }
            case INTEGER, FLOAT -> new Expr.Const(token.value());
            case OPERATOR -> group(token);
            default -> throw JinjaException.syntax("unexpected '" + token.describe() + "'", token.line());
        };
    }

    private static Expr name(String name) {
        return switch (name) {
            case "true", "True" -> new Expr.Const(true);
            case "false", "False" -> new Expr.Const(false);
            case "none", "None" -> new Expr.Const(None.NONE);
            default -> new Expr.Name(name);
        };
    }

    private Expr group(Token token) {
        depth.enter(token.line());
        Expr group = switch (token.text()) {
            case "(" -> {
                Expr inner = tuple(true, true, "");
                tokens.expectOperator(")");
                yield inner;
            }
            case "[" -> new Expr.ListLiteral(items("]"));
            case "{" -> dict();
            default -> throw JinjaException.syntax("unexpected '" + token.text() + "'", token.line());
        };
        depth.leave();
        return group;
    }

    private List<Expr> items(String end) {
        List<Expr> items = new ArrayList<>();
        while (!tokens.isOperator(end)) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (tokens.isOperator(end)) {
                break;
            }
            items.add(expression());
        }
        tokens.expectOperator(end);
        return items;
    }

    private Expr dict() {
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!tokens.isOperator("}")) {
            if (!keys.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (tokens.isOperator("}")) {
                break;
            }
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
        }
        tokens.expectOperator("}");
        return new Expr.DictLiteral(keys, values);
    }

    /**
     * One expression, or several with commas between them.
     *
     * @param conditional whether {@code a if b} may stand here
     * @param parenthesized whether nothing at all is an empty tuple
     * @param endName a name that ends the tuple, or the empty string
     */
    Expr tuple(boolean conditional, boolean parenthesized, String endName) {
        List<Expr> items = new ArrayList<>();
        boolean isTuple = false;
        while (true) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (endsTuple(endName)) {
                break;
            }
            items.add(conditional ? expression() : simpleExpression());
            if (!tokens.isOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (!isTuple && !items.isEmpty()) {
            return items.getFirst();
        }
        if (!isTuple && !parenthesized) {
            throw tokens.error(
                    "Expected an expression, got '" + tokens.current().describe() + "'");
        }
        return new Expr.TupleLiteral(items);
    }

    boolean endsTuple(String endName) {
        Token.Kind kind = tokens.current().kind();
        return kind == Token.Kind.PRINT_END
                || kind == Token.Kind.BLOCK_END
                || tokens.isOperator(")")
                || (!endName.isEmpty() && tokens.isName(endName));
    }

    private Expr postfix(Expr value) {
        Expr result = value;
        while (true) {
            if (tokens.isOperator(".") || tokens.isOperator("[")) {
                result = subscript(result);
            } else if (tokens.isOperator("(")) {
                result = new Expr.Call(result, arguments());
            } else {
                return result;
            }
            depth.link(tokens.line());
        }
    }

    private Expr filters(Expr value) {
        Expr result = value;
        while (true) {
            if (tokens.isOperator("|")) {
                tokens.next();
                result = filter(result);
            } else if (tokens.isName("is")) {
                result = test(result);
            } else if (tokens.isOperator("(")) {
                result = new Expr.Call(result, arguments());
            } else {
                return result;
            }
            depth.link(tokens.line());
        }
    }

    /** A filter's name and arguments; the bar was read. */
    Expr filter(Expr input) {
        String name = dottedName();
        return new Expr.Filter(input, name, tokens.isOperator("(") ? arguments() : Expr.Arguments.NONE);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(tokens.expect(Token.Kind.NAME).text());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expect(Token.Kind.NAME).text());
        }
        return name.toString();
    }

    private Expr test(Expr input) {
        tokens.expectName("is");
        boolean negated = tokens.skipName("not");
        String name = dottedName();
        Expr.Arguments arguments = Expr.Arguments.NONE;
        if (tokens.isOperator("(")) {
            arguments = arguments();
        } else if (startsArgument()) {
            if (tokens.isName("is")) {
                throw tokens.error("You cannot chain multiple tests with is");
            }
            arguments = new Expr.Arguments(List.of(postfix(primary())), List.of(), null, null);
        }
        Expr test = new Expr.Test(input, name, arguments);
        return negated ? new Expr.Not(test) : test;
    }

    private boolean startsArgument() {
        return switch (tokens.current().kind()) {
            case NAME -> !tokens.isName("else") && !tokens.isName("or") && !tokens.isName("and");
            case STRING, INTEGER, FLOAT -> true;
            default -> tokens.isOperator("[") || tokens.isOperator("{");
        };
    }

    private Expr subscript(Expr target) {
        if (tokens.skipOperator(".")) {
            Token name = tokens.next();
            return switch (name.kind()) {
                case NAME -> new Expr.Attribute(target, name.text());
                case INTEGER -> new Expr.Item(target, new Expr.Const(name.value()));
                default -> throw JinjaException.syntax("expected name or number", name.line());
            };
        }
        tokens.expectOperator("[");
        depth.enter(tokens.line());
        Expr result = subscripted(target);
        if (tokens.isOperator(",")) {
            if (!(result instanceof Expr.Item first)) {
                throw tokens.error("a slice cannot be part of a tuple");
            }
            List<Expr> keys = new ArrayList<>(List.of(first.key()));
            while (tokens.skipOperator(",")) {
                keys.add(expression());
            }
            result = new Expr.Item(target, new Expr.TupleLiteral(keys));
        }
        tokens.expectOperator("]");
        depth.leave();
        return result;
    }

    private Expr subscripted(Expr target) {
        Expr start = null;
        if (!tokens.isOperator(":")) {
            start = expression();
            if (!tokens.isOperator(":")) {
                return new Expr.Item(target, start);
            }
        }
        tokens.expectOperator(":");
        Expr stop = sliceBound();
        Expr step = tokens.skipOperator(":") ? sliceBound() : null;
        return new Expr.Slice(target, start, stop, step);
    }

    private @Nullable Expr sliceBound() {
        return tokens.isOperator(":") || tokens.isOperator("]") || tokens.isOperator(",") ? null : expression();
    }

    private Expr.Arguments arguments() {
        return ArgumentParser.parse(tokens, this);
    }
}
