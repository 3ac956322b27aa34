package dev.gorgon.engine.text.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement, or text that stands between them. */
sealed interface Stmt {

    /** Where the statement begins, counted from 1. */
    int line();

    record Text(String text, int line) implements Stmt {}

    record Print(Expr value, int line) implements Stmt {}

    /** {@code if}, {@code elif} …: the body of the first test that holds, or {@code otherwise}. */
    record If(List<Branch> branches, List<Stmt> otherwise, int line) implements Stmt {}

    record Branch(Expr test, List<Stmt> body) {}

    record For(
            Expr target,
            Expr items,
            @Nullable Expr test,
            boolean recursive,
            List<Stmt> body,
            List<Stmt> otherwise,
            int line)
            implements Stmt {}

    record Set(Expr target, Expr value, int line) implements Stmt {}

    /** {@code set x} … {@code endset}; {@code value} is made of {@link Expr#COLLECTED}. */
    record SetBlock(Expr target, Expr value, List<Stmt> body, int line) implements Stmt {}

    record FilterBlock(Expr value, List<Stmt> body, int line) implements Stmt {}

    record With(List<Expr> targets, List<Expr> values, List<Stmt> body, int line) implements Stmt {}

    record Macro(MacroCode code, int line) implements Stmt {}

    /** {@code call}: a macro call that may call the block back as {@code caller}. */
    record CallBlock(Expr.Call call, MacroCode caller, int line) implements Stmt {}

    /** {@code block} or {@code generation}: a body in a scope of its own. */
    record Block(List<Stmt> body, boolean seesOnlyGlobals, int line) implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}

    /**
     * @param defaults for the last parameters
     * @param special which of {@code caller}, {@code kwargs} and {@code varargs} the body asks for without being given it
     */
    record MacroCode(
            String name,
            List<String> parameters,
            List<Expr> defaults,
            java.util.Set<String> special,
            List<Stmt> body) {}
}
