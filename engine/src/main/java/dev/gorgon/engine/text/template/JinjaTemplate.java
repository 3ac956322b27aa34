package dev.gorgon.engine.text.template;

import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A compiled template. Immutable; any number of threads may render it at once. */
public final class JinjaTemplate {
    private final List<Stmt> body;
    private final Set<String> variables;
    private final Limits limits;
    private final Clock clock;

    private JinjaTemplate(List<Stmt> body, Limits limits, Clock clock) {
        this.body = body;
        this.variables = FreeNames.of(body);
        this.limits = limits;
        this.clock = clock;
    }

    /** Compiles with {@link Limits#DEFAULT} and the system's clock. */
    public static JinjaTemplate compile(String source) {
        return compile(source, Limits.DEFAULT, Clock.systemDefaultZone());
    }

    /**
     * Compiles a template.
     *
     * @param clock what {@code strftime_now} reads
     * @throws JinjaException if the template is malformed, nested too deeply or too long
     */
    public static JinjaTemplate compile(String source, Limits limits, Clock clock) {
        if (source.length() > limits.templateChars()) {
            throw JinjaException.error("the template is longer than " + limits.templateChars() + " characters");
        }
        try {
            return new JinjaTemplate(Parser.parse(source), limits, clock);
        } catch (StackOverflowError e) {
            throw JinjaException.error("the template is nested too deeply");
        }
    }

    /** Whether the template reads a variable that it does not certainly set itself before. */
    public boolean uses(String variable) {
        return variables.contains(variable);
    }

    /**
     * Renders the template.
     *
     * @param variables values as of JSON: null, Boolean, Integer, Long, BigInteger, Float, Double, String, List, Map
     * @throws JinjaException if the template raises it, does something impossible, or goes beyond a limit
     */
    public String render(Map<String, ? extends @Nullable Object> variables) {
        Budget budget = new Budget(limits);
        Interpreter interpreter = new Interpreter(budget);
        try {
            Scope scope = Globals.scope(budget, clock).child();
            variables.forEach((name, value) -> scope.set(name, value(value, budget)));
            return interpreter.collect(body, scope);
        } catch (JinjaException e) {
            throw e.at(interpreter.line());
        } catch (StackOverflowError e) {
            // nothing outlives a rendering, so nothing can be left half done
            throw JinjaException.error("the template is nested too deeply for this thread's stack")
                    .at(interpreter.line());
        }
    }

    private static Object value(@Nullable Object json, Budget budget) {
        budget.enter();
        Object value = switch (json) {
            case null -> None.NONE;
            case Boolean flag -> flag;
            case String text -> text;
            case BigInteger number -> {
                budget.integer(number.bitLength());
                yield Numbers.normal(number);
            }
            case Double number -> number;
            case Float number -> Double.valueOf(number.toString());
            case Number number when number instanceof Long || number instanceof Integer -> number.longValue();
            case List<?> list -> {
                budget.elements(list.size());
                List<Object> items = new ArrayList<>(list.size());
                for (Object item : list) {
                    items.add(value(item, budget));
                }
                yield items;
            }
            case Map<?, ?> map -> {
                budget.elements(map.size() * 2L);
                Dict dict = new Dict();
                map.forEach((key, item) -> dict.put(value(key, budget), value(item, budget), budget));
                yield dict;
            }
            default -> throw new IllegalArgumentException("not a value of JSON: " + json.getClass());
        };
        budget.leave();
        return value;
    }
}
