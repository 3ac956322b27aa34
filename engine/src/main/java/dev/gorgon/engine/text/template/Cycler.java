package dev.gorgon.engine.text.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jinja's {@code cycler}: goes round through some values. */
final class Cycler {
    private final List<Object> items;
    private int position;

    Cycler(List<Object> items) {
        if (items.isEmpty()) {
            throw JinjaException.error("at least one item has to be provided");
        }
        this.items = items;
    }

    @Nullable
    Object attribute(String name) {
        return switch (name) {
            case "current" -> items.get(position);
            case "next" ->
                Function.of(name, arguments -> {
                    Object item = items.get(position);
                    position = (position + 1) % items.size();
                    return item;
                });
            case "reset" ->
                Function.of(name, arguments -> {
                    position = 0;
                    return None.NONE;
                });
            default -> null;
        };
    }
}
