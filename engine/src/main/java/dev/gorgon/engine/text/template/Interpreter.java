package dev.gorgon.engine.text.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Walks the statements of a template and writes what they print. Good for one rendering. */
final class Interpreter {

    /** How statements ended. */
    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    private final Budget budget;
    private final Evaluator evaluator;
    private StringBuilder out = new StringBuilder();
    private int line = 1;

    Interpreter(Budget budget) {
        this.budget = budget;
        this.evaluator = new Evaluator(budget);
    }

    Evaluator evaluator() {
        return evaluator;
    }

    /** Where the statement that runs begins. */
    int line() {
        return line;
    }

    /** Runs statements and returns what they print. */
    String collect(List<Stmt> body, Scope scope) {
        StringBuilder before = out;
        out = new StringBuilder();
        run(body, scope);
        String text = out.toString();
        out = before;
        budget.collected(text.length());
        return text;
    }

    private void print(String text) {
        budget.output(text.length());
        out.append(text);
    }

    private Flow run(List<Stmt> body, Scope scope) {
        budget.enter();
        Flow flow = Flow.ON;
        for (int i = 0; i < body.size() && flow == Flow.ON; i++) {
            line = body.get(i).line();
            flow = run(body.get(i), scope);
        }
        budget.leave();
        return flow;
    }

    private Flow run(Stmt statement, Scope scope) {
        budget.step();
        switch (statement) {
            case Stmt.Text(String text, int line) -> print(text);
            case Stmt.Print(Expr value, int line) -> print(Repr.str(evaluator.evaluate(value, scope), budget));
            case Stmt.If choice -> {
                return runIf(choice, scope);
            }
            case Stmt.For loop -> forLoop(loop, scope);
            case Stmt.Set(Expr target, Expr value, int line) -> assign(target, evaluator.evaluate(value, scope), scope);
            case Stmt.SetBlock(Expr target, Expr value, List<Stmt> body, int line) -> {
                Scope inner = scope.child();
                inner.set(Expr.COLLECTED, collect(body, inner));
                assign(target, evaluator.evaluate(value, inner), scope);
            }
            case Stmt.FilterBlock(Expr value, List<Stmt> body, int line) -> {
                Scope inner = scope.child();
                inner.set(Expr.COLLECTED, collect(body, inner));
                print(Repr.str(evaluator.evaluate(value, inner), budget));
            }
            case Stmt.With with -> {
                Scope inner = scope.child();
                for (int i = 0; i < with.targets().size(); i++) {
                    Object value = evaluator.evaluate(with.values().get(i), scope);
                    assign(with.targets().get(i), value, inner);
                }
                return run(with.body(), inner);
            }
            case Stmt.Macro(Stmt.MacroCode code, int line) -> scope.set(code.name(), new Macro(code, scope, this));
            case Stmt.CallBlock(Expr.Call call, Stmt.MacroCode code, int line) -> {
                Macro caller = new Macro(code, scope, this);
                print(Repr.str(evaluator.call(call, Map.of("caller", caller), scope), budget));
            }
            case Stmt.Block(List<Stmt> body, boolean seesOnlyGlobals, int line) ->
                run(body, (seesOnlyGlobals ? scope.top() : scope).child());
            case Stmt.Break end -> {
                return Flow.BREAK;
            }
            case Stmt.Continue next -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private Flow runIf(Stmt.If choice, Scope scope) {
        for (Stmt.Branch branch : choice.branches()) {
            if (Values.truth(evaluator.evaluate(branch.test(), scope))) {
                return run(branch.body(), scope);
            }
        }
        return run(choice.otherwise(), scope);
    }

    private void forLoop(Stmt.For loop, Scope scope) {
        Object items = evaluator.evaluate(loop.items(), scope);
        if (!loop.recursive()) {
            rounds(loop, items, null, 0, scope);
            return;
        }
        print(recurse(loop, items, 0, scope));
    }

    private String recurse(Stmt.For loop, Object items, int depth0, Scope scope) {
        budget.enter();
        StringBuilder before = out;
        out = new StringBuilder();
        rounds(loop, items, (inner, depth) -> recurse(loop, inner, depth, scope), depth0, scope);
        String text = out.toString();
        out = before;
        budget.collected(text.length());
        budget.leave();
        return text;
    }

    private void rounds(
            Stmt.For loop, Object items, LoopContext.@Nullable Recursion recursion, int depth0, Scope scope) {
        budget.scan(items instanceof String text ? text.length() : 0);
        Iterator<Object> elements = Values.iterate(items);
        OptionalLong length = Values.lengthIfAny(items);
        Expr test = loop.test();
        if (test != null) {
            elements = Lazy.filtered(elements, element -> passes(loop.target(), test, element, scope), budget);
            length = OptionalLong.empty();
        }
        LoopContext context = new LoopContext(elements, length, recursion, depth0, budget);
        boolean completed = false; // Jinja takes a round that was left for none
        Flow flow = Flow.ON;
        while (flow != Flow.BREAK && context.advance()) {
            Scope round = scope.child();
            round.set("loop", context);
            assign(loop.target(), context.current(), round);
            flow = run(loop.body(), round);
            completed |= flow == Flow.ON;
        }
        if (!completed) {
            run(loop.otherwise(), scope.child());
        }
    }

    private boolean passes(Expr target, Expr test, Object element, Scope scope) {
        Scope inner = scope.child();
        assign(target, element, inner);
        return Values.truth(evaluator.evaluate(test, inner));
    }

    private void assign(Expr target, Object value, Scope scope) {
        switch (target) {
            case Expr.Name(String name) -> scope.set(name, value);
            case Expr.NamespaceAttribute(String name, String attribute) -> {
                if (!(scope.get(name) instanceof Namespace namespace)) {
                    throw JinjaException.error("cannot assign attribute on non-namespace object");
                }
                budget.elements(1);
                namespace.attributes().put(attribute, value);
            }
            case Expr.TupleLiteral(List<Expr> targets) -> unpack(targets, value, scope);
            default -> throw new IllegalStateException("the parser lets nothing else through");
        }
    }

    private void unpack(List<Expr> targets, Object value, Scope scope) {
        if (!Values.isIterable(value)) {
            throw JinjaException.error("cannot unpack non-iterable " + Values.typeName(value) + " object");
        }
        List<Object> items = Values.list(value, budget);
        if (items.size() > targets.size()) {
            throw JinjaException.error("too many values to unpack (expected " + targets.size() + ")");
        }
        if (items.size() < targets.size()) {
            throw JinjaException.error(
                    "not enough values to unpack (expected " + targets.size() + ", got " + items.size() + ")");
        }
        for (int i = 0; i < items.size(); i++) {
            assign(targets.get(i), items.get(i), scope);
        }
    }
}
