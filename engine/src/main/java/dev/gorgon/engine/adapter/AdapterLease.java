package dev.gorgon.engine.adapter;

/** A counted reference to an adapter's weights: while it is open, they are neither evicted nor freed. */
public interface AdapterLease extends AutoCloseable {

    Adapter adapter();

    /** Gives the reference back; only the first call counts. Any thread; does not block. */
    @Override
    void close();
}
