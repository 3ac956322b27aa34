package dev.gorgon.train.heads;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/** An iterator that has to look for its next element to know whether there is one. */
abstract class SearchingIterator<T> implements Iterator<T> {

    private Optional<T> next = Optional.empty();

    /** The next element; empty at the end, then and whenever it is asked again. */
    abstract Optional<T> search();

    @Override
    public final boolean hasNext() {
        if (next.isEmpty()) {
            next = search();
        }
        return next.isPresent();
    }

    @Override
    public final T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        T found = next.orElseThrow();
        next = Optional.empty();
        return found;
    }
}
