package dev.gorgon.engine.text.template;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Python's dict: ordered; keys that are equal numbers are one key. Not changed once a template can see it. */
final class Dict {
    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    record Entry(Object key, Object value) {}

    /** Adds a key, or gives an existing one another value; the first key stays as it is. */
    Dict put(Object key, Object value, Budget budget) {
        entries.merge(Keys.of(key, budget), new Entry(key, value), (old, now) -> new Entry(old.key(), now.value()));
        return this;
    }

    Dict putAll(Dict other) {
        other.entries.forEach(
                (hash, entry) -> entries.merge(hash, entry, (old, now) -> new Entry(old.key(), now.value())));
        return this;
    }

    /** The value of a key. */
    Optional<Object> get(Object key, Budget budget) {
        Entry entry = entries.get(Keys.of(key, budget));
        return entry == null ? Optional.empty() : Optional.of(entry.value());
    }

    boolean has(Object key, Budget budget) {
        return entries.containsKey(Keys.of(key, budget));
    }

    int size() {
        return entries.size();
    }

    Collection<Entry> entries() {
        return entries.values();
    }
}
