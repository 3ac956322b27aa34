package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions. */
final class Evaluator {
    private final Budget budget;

    Evaluator(Budget budget) {
        this.budget = budget;
    }

    Budget budget() {
        return budget;
    }

    Object evaluate(Expr expression, Scope scope) {
        if (expression instanceof Expr.Const(Object value)) {
            return value;
        }
        if (expression instanceof Expr.Name(String name)) {
            budget.step();
            return scope.get(name);
        }
        budget.enter();
        Object value = compound(expression, scope);
        budget.leave();
        return value;
    }

    private Object optional(@Nullable Expr expression, Scope scope) {
        return expression == null ? None.NONE : evaluate(expression, scope);
    }

    private Object compound(Expr expression, Scope scope) {
        return switch (expression) {
            case Expr.Const(Object value) -> value;
            case Expr.Name(String name) -> scope.get(name);
            case Expr.Attribute(Expr target, String name) -> attribute(evaluate(target, scope), name);
            case Expr.Item(Expr target, Expr key) -> item(evaluate(target, scope), evaluate(key, scope));
            case Expr.Slice slice ->
                Operators.slice(
                        evaluate(slice.target(), scope),
                        optional(slice.start(), scope),
                        optional(slice.stop(), scope),
                        optional(slice.step(), scope),
                        budget);
            case Expr.Call call -> call(call, Map.of(), scope);
            case Expr.Filter(Expr input, String name, Expr.Arguments arguments) ->
                filter(name, evaluate(input, scope), arguments(name, arguments, Map.of(), scope));
            case Expr.Test(Expr input, String name, Expr.Arguments arguments) ->
                test(name, evaluate(input, scope), arguments(name, arguments, Map.of(), scope));
            case Expr.And(Expr left, Expr right) -> {
                Object first = evaluate(left, scope);
                yield Values.truth(first) ? evaluate(right, scope) : first;
            }
            case Expr.Or(Expr left, Expr right) -> {
                Object first = evaluate(left, scope);
                yield Values.truth(first) ? first : evaluate(right, scope);
            }
            case Expr.Not(Expr operand) -> !Values.truth(evaluate(operand, scope));
            case Expr.Compare compare -> compare(compare, scope);
            case Expr.Conditional choice -> {
                if (Values.truth(evaluate(choice.test(), scope))) {
                    yield evaluate(choice.then(), scope);
                }
                Expr otherwise = choice.otherwise();
                yield otherwise != null
                        ? evaluate(otherwise, scope)
                        : Undefined.because(
                                "the inline if-expression evaluated to false and no else section was defined.");
            }
            case Expr.Binary(String operator, Expr left, Expr right) ->
                Operators.binary(operator, evaluate(left, scope), evaluate(right, scope), budget);
            case Expr.Concat(List<Expr> parts) -> {
                List<String> texts = new ArrayList<>(parts.size());
                for (Expr part : parts) {
                    texts.add(Repr.str(evaluate(part, scope), budget));
                }
                yield Text.join("", texts, budget);
            }
            case Expr.Negate(Expr operand) -> Operators.negate(evaluate(operand, scope));
            case Expr.Plus(Expr operand) -> Operators.plus(evaluate(operand, scope));
            case Expr.TupleLiteral(List<Expr> items) -> new Tuple(all(items, scope));
            case Expr.ListLiteral(List<Expr> items) -> all(items, scope);
            case Expr.DictLiteral(List<Expr> keys, List<Expr> values) -> {
                Dict dict = new Dict();
                budget.elements(keys.size() * 2L);
                for (int i = 0; i < keys.size(); i++) {
                    dict.put(evaluate(keys.get(i), scope), evaluate(values.get(i), scope), budget);
                }
                yield dict;
            }
            case Expr.NamespaceAttribute target -> throw new IllegalStateException("only assigned to");
        };
    }

    private List<Object> all(List<Expr> expressions, Scope scope) {
        budget.elements(expressions.size());
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expr expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Object compare(Expr.Compare compare, Scope scope) {
        Object left = evaluate(compare.first(), scope);
        for (Expr.Comparison comparison : compare.rest()) {
            Object right = evaluate(comparison.operand(), scope);
            if (!Compare.holds(comparison.operator(), left, right, budget)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    /** {@code owner.name}: an attribute, else the item of that key. */
    Object attribute(Object owner, String name) {
        if (owner instanceof Undefined undefined) {
            throw undefined.error();
        }
        Object attribute = Attributes.find(owner, name, this);
        if (attribute == null && owner instanceof Dict dict) {
            attribute = dict.get(name, budget).orElse(null);
        }
        return attribute != null ? attribute : Undefined.attribute(owner, name);
    }

    /** {@code owner[key]}: an item, else the attribute of that name. */
    Object item(Object owner, Object key) {
        if (owner instanceof Undefined undefined) {
            throw undefined.error();
        }
        Object item = null;
        if (owner instanceof Dict dict) {
            item = key instanceof List<?> || key instanceof Dict
                    ? null
                    : dict.get(key, budget).orElse(null);
        } else if (Numbers.isInteger(key) && Numbers.integer(key) instanceof Long index) {
            budget.scan(owner instanceof String text ? text.length() : 0);
            item = Operators.element(owner, index);
        }
        if (item == null && key instanceof String name) {
            item = Attributes.find(owner, name, this);
        }
        return item != null ? item : Undefined.element(owner, key, budget);
    }

    /** Calls what an expression yields, with further named arguments. */
    Object call(Expr.Call call, Map<String, Object> further, Scope scope) {
        Object target = evaluate(call.target(), scope);
        String name = target instanceof Function function ? function.name() : "";
        return call(target, arguments(name, call.arguments(), further, scope));
    }

    Object call(Object target, Args arguments) {
        return switch (target) {
            case Undefined undefined -> throw undefined.error();
            case Function function -> function.call(arguments);
            default -> throw JinjaException.error("'" + Values.typeName(target) + "' object is not callable");
        };
    }

    private Args arguments(String function, Expr.Arguments arguments, Map<String, Object> further, Scope scope) {
        List<Object> positional = new ArrayList<>(all(arguments.positional(), scope));
        Map<String, Object> named = new LinkedHashMap<>();
        for (Expr.Keyword keyword : arguments.named()) {
            named.put(keyword.name(), evaluate(keyword.value(), scope));
        }
        named.putAll(further);
        Expr rest = arguments.rest();
        if (rest != null) {
            positional.addAll(Values.list(evaluate(rest, scope), budget));
        }
        Expr namedRest = arguments.namedRest();
        if (namedRest != null) {
            if (!(evaluate(namedRest, scope) instanceof Dict dict)) {
                throw JinjaException.error("argument after ** must be a mapping");
            }
            budget.elements(dict.size());
            dict.entries().forEach(entry -> named.put(Values.text(entry.key()), entry.value()));
        }
        return new Args(function, positional, named);
    }

    Object filter(String name, Object input, Args arguments) {
        Filters.Filter filter = Filters.TABLE.get(name);
        if (filter == null) {
            throw JinjaException.error("No filter named " + Repr.quote(name) + ".");
        }
        return filter.apply(this, input, arguments);
    }

    boolean test(String name, Object input, Args arguments) {
        Tests.Test test = Tests.TABLE.get(name);
        if (test == null) {
            throw JinjaException.error("No test named " + Repr.quote(name) + ".");
        }
        return test.holds(this, input, arguments);
    }
}
