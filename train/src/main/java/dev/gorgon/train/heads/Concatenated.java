package dev.gorgon.train.heads;

import dev.gorgon.train.data.Sample;
import java.util.Iterator;
import java.util.Optional;

/** Some samples, then others. */
record Concatenated(Iterator<Sample> first, Iterator<Sample> second) implements Iterator<Sample> {

    static Iterator<Sample> of(Iterator<Sample> first, Optional<Iterator<Sample>> second) {
        return second.<Iterator<Sample>>map(more -> new Concatenated(first, more))
                .orElse(first);
    }

    @Override
    public boolean hasNext() {
        return first.hasNext() || second.hasNext();
    }

    @Override
    public Sample next() {
        return first.hasNext() ? first.next() : second.next();
    }
}
