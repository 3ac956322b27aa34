package dev.gorgon.engine.text.template;

import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What {@code loop} is within a loop. It can be called if the loop is recursive. */
final class LoopContext implements Function {

    /** Renders the loop's body once more, for other elements. */
    interface Recursion {
        String render(Object items, int depth0);
    }

    private final Budget budget;
    private final @Nullable Recursion recursion;
    private final int depth0;
    private Iterator<Object> elements;
    private OptionalLong length;
    private long index0 = -1;
    private Object current = None.NONE;
    private Object previous = None.NONE;

    /** The element after the current one, once somebody asked for it. */
    private @Nullable Object ahead;

    private @Nullable Object changedValue;

    /**
     * @param elements what the loop goes through
     * @param length how many these are, if that is known
     */
    LoopContext(
            Iterator<Object> elements, OptionalLong length, @Nullable Recursion recursion, int depth0, Budget budget) {
        this.elements = elements;
        this.length = length;
        this.recursion = recursion;
        this.depth0 = depth0;
        this.budget = budget;
    }

    /** Goes on to the next element, if there is one. */
    boolean advance() {
        Object next = peek();
        ahead = null;
        if (next == null) {
            return false;
        }
        budget.step();
        index0++;
        previous = current;
        current = next;
        return true;
    }

    Object current() {
        return current;
    }

    private @Nullable Object peek() {
        if (ahead == null && elements.hasNext()) {
            ahead = elements.next();
        }
        return ahead;
    }

    long index() {
        return index0 + 1;
    }

    long length() {
        if (length.isEmpty()) {
            List<Object> rest = new java.util.ArrayList<>();
            while (elements.hasNext()) {
                rest.add(elements.next());
                budget.elements(1);
            }
            elements = rest.iterator();
            length = OptionalLong.of(rest.size() + index() + (ahead == null ? 0 : 1));
        }
        return length.getAsLong();
    }

    /** The value of an attribute, if loops have it. */
    @Nullable
    Object attribute(String name) {
        return switch (name) {
            case "index" -> index();
            case "index0" -> index0;
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index();
            case "first" -> index0 == 0;
            case "last" -> peek() == null;
            case "length" -> length();
            case "depth" -> depth0 + 1L;
            case "depth0" -> (long) depth0;
            case "previtem" -> index0 == 0 ? Undefined.because("there is no previous item") : previous;
            case "nextitem" -> {
                Object next = peek();
                yield next == null ? Undefined.because("there is no next item") : next;
            }
            case "cycle" -> Function.of("cycle", this::cycle);
            case "changed" -> Function.of("changed", this::changed);
            default -> null;
        };
    }

    private Object cycle(Args arguments) {
        List<Object> items = arguments.onlyPositional();
        if (items.isEmpty()) {
            throw JinjaException.error("no items for cycling given");
        }
        return items.get((int) (index0 % items.size()));
    }

    private Object changed(Args arguments) {
        Tuple values = new Tuple(arguments.onlyPositional());
        Object last = changedValue;
        if (last != null && Compare.equal(last, values, budget)) {
            return false;
        }
        changedValue = values;
        return true;
    }

    @Override
    public String name() {
        return "loop";
    }

    @Override
    public Object call(Args arguments) {
        if (recursion == null) {
            throw JinjaException.error("The loop must have the 'recursive' marker to be called recursively.");
        }
        return recursion.render(arguments.bind("iterable").required("iterable"), depth0 + 1);
    }
}
