package dev.gorgon.engine.text.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression. */
sealed interface Expr {

    /** What stands before the first filter of a {@code filter} or {@code set} block: the block's text. */
    String COLLECTED = " collected";

    /** A literal, as a value of {@link Values}. */
    record Const(Object value) implements Expr {}

    record Name(String name) implements Expr {}

    /** {@code ns.attribute} on the left of an assignment. */
    record NamespaceAttribute(String namespace, String attribute) implements Expr {}

    record TupleLiteral(List<Expr> items) implements Expr {}

    record ListLiteral(List<Expr> items) implements Expr {}

    record DictLiteral(List<Expr> keys, List<Expr> values) implements Expr {}

    record Negate(Expr operand) implements Expr {}

    record Plus(Expr operand) implements Expr {}

    record Not(Expr operand) implements Expr {}

    record And(Expr left, Expr right) implements Expr {}

    record Or(Expr left, Expr right) implements Expr {}

    /** Arithmetic: {@code + - * / // % **}. */
    record Binary(String operator, Expr left, Expr right) implements Expr {}

    /** {@code a < b < c}: all must hold, each operand is evaluated once. */
    record Compare(Expr first, List<Comparison> rest) implements Expr {}

    record Comparison(String operator, Expr operand) {}

    /** {@code a ~ b ~ c}. */
    record Concat(List<Expr> parts) implements Expr {}

    record Conditional(Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

    record Attribute(Expr target, String name) implements Expr {}

    record Item(Expr target, Expr key) implements Expr {}

    record Slice(
            Expr target,
            @Nullable Expr start,
            @Nullable Expr stop,
            @Nullable Expr step) implements Expr {}

    record Call(Expr target, Arguments arguments) implements Expr {}

    record Filter(Expr input, String name, Arguments arguments) implements Expr {}

    record Test(Expr input, String name, Arguments arguments) implements Expr {}

    record Arguments(
            List<Expr> positional,
            List<Keyword> named,
            @Nullable Expr rest,
            @Nullable Expr namedRest) {
        static final Arguments NONE = new Arguments(List.of(), List.of(), null, null);
    }

    record Keyword(String name, Expr value) {}
}
