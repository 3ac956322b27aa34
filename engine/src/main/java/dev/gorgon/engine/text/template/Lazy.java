package dev.gorgon.engine.text.template;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Python's generator: yields its elements once, each when it is asked for. */
final class Lazy implements Iterator<Object> {
    private final Iterator<Object> elements;
    private final Budget budget;
    private final String typeName;

    Lazy(Iterator<Object> elements, Budget budget, String typeName) {
        this.elements = elements;
        this.budget = budget;
        this.typeName = typeName;
    }

    static Lazy generator(Iterator<Object> elements, Budget budget) {
        return new Lazy(elements, budget, "generator");
    }

    String typeName() {
        return typeName;
    }

    static Lazy mapped(Iterator<Object> elements, UnaryOperator<Object> mapping, Budget budget) {
        return generator(
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return elements.hasNext();
                    }

                    @Override
                    public Object next() {
                        return mapping.apply(elements.next());
                    }
                },
                budget);
    }

    static Lazy filtered(Iterator<Object> elements, Predicate<Object> condition, Budget budget) {
        return generator(
                new Iterator<>() {
                    private Object next = None.NONE;
                    private boolean found;

                    @Override
                    public boolean hasNext() {
                        while (!found && elements.hasNext()) {
                            next = elements.next();
                            found = condition.test(next);
                        }
                        return found;
                    }

                    @Override
                    public Object next() {
                        if (!hasNext()) {
                            throw new NoSuchElementException();
                        }
                        found = false;
                        return next;
                    }
                },
                budget);
    }

    @Override
    public boolean hasNext() {
        budget.enter(); // generators may be made of generators, as deep as a template likes
        boolean hasNext = elements.hasNext();
        budget.leave();
        return hasNext;
    }

    @Override
    public Object next() {
        budget.enter();
        Object next = elements.next();
        budget.leave();
        return next;
    }
}
