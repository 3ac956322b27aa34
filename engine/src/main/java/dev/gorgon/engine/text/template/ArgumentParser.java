package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.List;

/** The arguments of a call, a filter or a test. */
final class ArgumentParser {

    private ArgumentParser() {}

    /** From the opening parenthesis to the closing one. */
    static Expr.Arguments parse(TokenStream tokens, ExprParser expressions) {
        int line = tokens.line();
        tokens.expectOperator("(");
        List<Expr> positional = new ArrayList<>();
        List<Expr.Keyword> named = new ArrayList<>();
        Expr rest = null;
        Expr namedRest = null;
        boolean first = true;
        while (!tokens.isOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.isOperator(")")) {
                    break;
                }
            }
            first = false;
            boolean wrong;
            if (tokens.skipOperator("*")) {
                wrong = rest != null || namedRest != null;
                rest = expressions.expression();
            } else if (tokens.skipOperator("**")) {
                wrong = namedRest != null;
                namedRest = expressions.expression();
            } else if (tokens.current().kind() == Token.Kind.NAME
                    && tokens.following().isOperator("=")) {
                wrong = namedRest != null;
                String name = tokens.next().text();
                tokens.next();
                named.add(new Expr.Keyword(name, expressions.expression()));
            } else {
                wrong = rest != null || namedRest != null || !named.isEmpty();
                positional.add(expressions.expression());
            }
            if (wrong) {
                throw JinjaException.syntax("invalid syntax for function call expression", line);
            }
        }
        tokens.expectOperator(")");
        return new Expr.Arguments(positional, named, rest, namedRest);
    }
}
