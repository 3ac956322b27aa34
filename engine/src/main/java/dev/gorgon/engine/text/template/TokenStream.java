package dev.gorgon.engine.text.template;

import java.util.List;

/** Tokens, one after the other. */
final class TokenStream {
    private final List<Token> tokens;
    private int position;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(position);
    }

    /** The one after the current token. */
    Token following() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    /** The current token; the next becomes current. */
    Token next() {
        Token token = current();
        if (position < tokens.size() - 1) {
            position++;
        }
        return token;
    }

    int line() {
        return current().line();
    }

    boolean isOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean isName(String name) {
        return current().isName(name);
    }

    boolean skipOperator(String operator) {
        boolean matches = isOperator(operator);
        if (matches) {
            next();
        }
        return matches;
    }

    boolean skipName(String name) {
        boolean matches = isName(name);
        if (matches) {
            next();
        }
        return matches;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw expected(operator);
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw expected(name);
        }
    }

    Token expect(Token.Kind kind) {
        if (current().kind() != kind) {
            throw expected(new Token(kind, "name", "", 0).describe());
        }
        return next();
    }

    private JinjaException expected(String what) {
        Token token = current();
        return token.kind() == Token.Kind.END
                ? error("unexpected end of template, expected '" + what + "'.")
                : error("expected token '" + what + "', got '" + token.describe() + "'");
    }

    JinjaException error(String message) {
        return JinjaException.syntax(message, line());
    }
}
