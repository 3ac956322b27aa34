package dev.gorgon.engine.text.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro, or the block of a {@code call}, with the scope that it was defined in. */
final class Macro implements Function {
    private final Stmt.MacroCode code;
    private final Scope definedIn;
    private final Interpreter interpreter;

    Macro(Stmt.MacroCode code, Scope definedIn, Interpreter interpreter) {
        this.code = code;
        this.definedIn = definedIn;
        this.interpreter = interpreter;
    }

    @Override
    public String name() {
        return code.name();
    }

    Tuple parameters() {
        return new Tuple(List.copyOf(code.parameters()));
    }

    @Override
    public Object call(Args arguments) {
        Scope scope = definedIn.child();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        List<Object> positional = arguments.positional();
        int count = code.parameters().size();
        int given = Math.min(positional.size(), count);
        for (int i = 0; i < given; i++) {
            scope.set(code.parameters().get(i), positional.get(i));
        }
        for (int i = given; i < count; i++) {
            String name = code.parameters().get(i);
            Object value = named.remove(name);
            scope.set(name, value != null ? value : fallback(i, scope));
        }
        special(scope, named, positional.subList(given, positional.size()));
        return interpreter.collect(code.body(), scope);
    }

    /** A default may read the parameters before it. */
    private Object fallback(int index, Scope scope) {
        int fromEnd = index - (code.parameters().size() - code.defaults().size());
        return fromEnd < 0
                ? Undefined.because("parameter " + Repr.quote(code.parameters().get(index)) + " was not provided")
                : interpreter.evaluator().evaluate(code.defaults().get(fromEnd), scope);
    }

    private void special(Scope scope, Map<String, Object> named, List<Object> further) {
        if (code.special().contains("caller")) {
            Object caller = named.remove("caller");
            scope.set(
                    "caller", caller == null || caller == None.NONE ? Undefined.because("No caller defined") : caller);
        }
        if (code.special().contains("kwargs")) {
            Dict rest = new Dict();
            named.forEach((name, value) ->
                    rest.put(name, value, interpreter.evaluator().budget()));
            scope.set("kwargs", rest);
        } else if (named.containsKey("caller")) {
            throw JinjaException.error("macro " + Repr.quote(name())
                    + " was invoked with two values for the special caller argument. This is most likely a bug.");
        } else if (!named.isEmpty()) {
            throw JinjaException.error("macro " + Repr.quote(name()) + " takes no keyword argument "
                    + Repr.quote(named.keySet().iterator().next()));
        }
        if (code.special().contains("varargs")) {
            scope.set("varargs", new Tuple(List.copyOf(further)));
        } else if (!further.isEmpty()) {
            throw JinjaException.error("macro " + Repr.quote(name()) + " takes not more than "
                    + code.parameters().size() + " argument(s)");
        }
    }
}
