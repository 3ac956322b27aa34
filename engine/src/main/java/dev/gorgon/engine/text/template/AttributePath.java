package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.List;

/** What filters take as {@code attribute}: names and indices with dots between them. */
record AttributePath(List<Object> parts) {

    /** @param attribute a text, a number, or None for the value itself */
    static AttributePath of(Object attribute, Budget budget) {
        if (attribute == None.NONE) {
            return new AttributePath(List.of());
        }
        if (!(attribute instanceof String path)) {
            return new AttributePath(List.of(attribute));
        }
        budget.elements(path.length());
        List<Object> parts = new ArrayList<>();
        for (String part : path.split("\\.", -1)) {
            boolean index =
                    !part.isEmpty() && part.length() < 10 && part.chars().allMatch(c -> c >= '0' && c <= '9');
            parts.add(index ? (Object) Long.parseLong(part) : part);
        }
        return new AttributePath(parts);
    }

    Object get(Object value, Evaluator evaluator) {
        return get(value, None.NONE, evaluator);
    }

    /** @param fallback for what is undefined; None for nothing */
    Object get(Object value, Object fallback, Evaluator evaluator) {
        Object result = value;
        for (Object part : parts) {
            result = evaluator.item(result, part);
            if (fallback != None.NONE && result instanceof Undefined) {
                result = fallback;
            }
        }
        return result;
    }
}
