package dev.gorgon.engine.text.template;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the names that a template reads although nothing in the template has certainly set them before. */
final class FreeNames {
    private final Set<String> free = new HashSet<>();

    /** Names set so far, innermost scope first. */
    private final Deque<Set<String>> scopes = new ArrayDeque<>();

    private FreeNames() {}

    static Set<String> of(List<Stmt> body) {
        FreeNames names = new FreeNames();
        names.inScope(List.of(), body);
        return names.free;
    }

    private void inScope(Collection<String> bound, List<Stmt> body) {
        scopes.push(new HashSet<>(bound));
        body.forEach(this::visit);
        scopes.pop();
    }

    /** What a branch sets may not be set after it. */
    private void branch(List<Stmt> body) {
        inScope(List.of(), body);
    }

    private void visit(Stmt statement) {
        switch (statement) {
            case Stmt.Text text -> {}
            case Stmt.Print print -> visit(print.value());
            case Stmt.If choice -> {
                for (Stmt.Branch branch : choice.branches()) {
                    visit(branch.test());
                    branch(branch.body());
                }
                branch(choice.otherwise());
            }
            case Stmt.For loop -> {
                visit(loop.items());
                Set<String> bound = new HashSet<>(Set.of("loop"));
                targets(loop.target(), bound);
                scopes.push(bound);
                visit(loop.test());
                scopes.pop();
                inScope(bound, loop.body());
                branch(loop.otherwise());
            }
            case Stmt.Set set -> {
                visit(set.value());
                assign(set.target());
            }
            case Stmt.SetBlock set -> {
                branch(set.body());
                visit(set.value());
                assign(set.target());
            }
            case Stmt.FilterBlock filter -> {
                branch(filter.body());
                visit(filter.value());
            }
            case Stmt.With with -> {
                with.values().forEach(this::visit);
                Set<String> bound = new HashSet<>();
                with.targets().forEach(target -> targets(target, bound));
                inScope(bound, with.body());
            }
            case Stmt.Macro macro -> {
                scopes.element().add(macro.code().name());
                visit(macro.code());
            }
            case Stmt.CallBlock call -> {
                visit(call.call());
                visit(call.caller());
            }
            case Stmt.Block block -> branch(block.body());
            case Stmt.Break end -> {}
            case Stmt.Continue next -> {}
        }
    }

    private void visit(Stmt.MacroCode macro) {
        macro.defaults().forEach(this::visit);
        inScope(macro.parameters(), macro.body());
    }

    private void assign(Expr target) {
        targets(target, scopes.element());
    }

    private void targets(Expr target, Set<String> bound) {
        switch (target) {
            case Expr.Name(String name) -> bound.add(name);
            case Expr.NamespaceAttribute attribute -> visit(new Expr.Name(attribute.namespace()));
            case Expr.TupleLiteral(List<Expr> items) -> items.forEach(item -> targets(item, bound));
            default -> throw new IllegalStateException("the parser lets nothing else through");
        }
    }

    private void visit(@Nullable Expr expression) {
        switch (expression) {
            case null -> {}
            case Expr.Const constant -> {}
            case Expr.Name(String name) -> {
                if (!name.equals(Expr.COLLECTED) && scopes.stream().noneMatch(scope -> scope.contains(name))) {
                    free.add(name);
                }
            }
            case Expr.NamespaceAttribute attribute -> visit(new Expr.Name(attribute.namespace()));
            case Expr.TupleLiteral(List<Expr> items) -> items.forEach(this::visit);
            case Expr.ListLiteral(List<Expr> items) -> items.forEach(this::visit);
            case Expr.DictLiteral dict -> {
                dict.keys().forEach(this::visit);
                dict.values().forEach(this::visit);
            }
            case Expr.Negate(Expr operand) -> visit(operand);
            case Expr.Plus(Expr operand) -> visit(operand);
            case Expr.Not(Expr operand) -> visit(operand);
            case Expr.And(Expr left, Expr right) -> visit(left, right);
            case Expr.Or(Expr left, Expr right) -> visit(left, right);
            case Expr.Binary binary -> visit(binary.left(), binary.right());
            case Expr.Compare compare -> {
                visit(compare.first());
                compare.rest().forEach(comparison -> visit(comparison.operand()));
            }
            case Expr.Concat(List<Expr> parts) -> parts.forEach(this::visit);
            case Expr.Conditional choice -> visit(choice.test(), choice.then(), choice.otherwise());
            case Expr.Attribute attribute -> visit(attribute.target());
            case Expr.Item item -> visit(item.target(), item.key());
            case Expr.Slice slice -> visit(slice.target(), slice.start(), slice.stop(), slice.step());
            case Expr.Call call -> visit(call.target(), call.arguments());
            case Expr.Filter filter -> visit(filter.input(), filter.arguments());
            case Expr.Test test -> visit(test.input(), test.arguments());
        }
    }

    private void visit(@Nullable Expr... expressions) {
        for (Expr expression : expressions) {
            visit(expression);
        }
    }

    private void visit(Expr input, Expr.Arguments arguments) {
        visit(input);
        arguments.positional().forEach(this::visit);
        arguments.named().forEach(keyword -> visit(keyword.value()));
        visit(arguments.rest(), arguments.namedRest());
    }
}
