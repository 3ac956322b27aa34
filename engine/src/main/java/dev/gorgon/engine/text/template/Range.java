package dev.gorgon.engine.text.template;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Python's {@code range}. */
record Range(long start, long stop, long step) {

    static Range of(List<Object> arguments, Budget budget) {
        if (arguments.isEmpty() || arguments.size() > 3) {
            throw JinjaException.error("range expected 1 to 3 arguments, got " + arguments.size());
        }
        long start = arguments.size() == 1 ? 0 : Numbers.index(arguments.getFirst());
        long stop = Numbers.index(arguments.get(arguments.size() == 1 ? 0 : 1));
        long step = arguments.size() == 3 ? Numbers.index(arguments.get(2)) : 1;
        if (step == 0) {
            throw JinjaException.error("range() arg 3 must not be zero");
        }
        Range range = new Range(start, stop, step);
        budget.range(range.length());
        return range;
    }

    /** Number of elements; at most {@link Long#MAX_VALUE}. */
    long length() {
        if (step > 0 ? start >= stop : start <= stop) {
            return 0;
        }
        try {
            long distance = step > 0 ? Math.subtractExact(stop, start) : Math.subtractExact(start, stop);
            return step == Long.MIN_VALUE ? 1 : (distance - 1) / Math.abs(step) + 1;
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }

    Object get(long index) {
        return start + index * step;
    }

    Iterator<Object> iterator() {
        long length = length();
        return new Iterator<>() {
            private long index;

            @Override
            public boolean hasNext() {
                return index < length;
            }

            @Override
            public Object next() {
                if (index >= length) {
                    throw new NoSuchElementException();
                }
                return get(index++);
            }
        };
    }

    boolean contains(Object value) {
        if (!(Numbers.isInteger(value) && Numbers.integer(value) instanceof Long number) || length() == 0) {
            return false;
        }
        boolean inside = step > 0 ? number >= start && number < stop : number <= start && number > stop;
        return inside && (number - start) % step == 0;
    }
}
