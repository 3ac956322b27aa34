package dev.gorgon.engine.text.template;

import java.util.HashMap;
import java.util.Map;

/** What can stand after a bar. */
final class Filters {

    interface Filter {
        Object apply(Evaluator evaluator, Object input, Args arguments);
    }

    static final Map<String, Filter> TABLE = table();

    private Filters() {}

    private static Map<String, Filter> table() {
        Map<String, Filter> table = new HashMap<>();
        BasicFilters.addTo(table);
        TextFilters.addTo(table);
        ListFilters.addTo(table);
        SelectFilters.addTo(table);
        OrderFilters.addTo(table);
        return Map.copyOf(table);
    }
}
