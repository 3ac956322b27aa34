package dev.gorgon.client.types;

import dev.gorgon.client.error.ValidationException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Refusals, in the words the server would use (LoRAX contract, section 1.5), and members that may be absent. */
final class Rules {
    private Rules() {}

    static void refuseIf(boolean broken, String message) {
        if (broken) {
            throw new ValidationException(message);
        }
    }

    /** A number that JSON can hold and that lies between two bounds, both included. */
    static boolean within(@Nullable Double value, double low, double high) {
        return value == null || value >= low && value <= high;
    }

    static boolean atLeastOne(@Nullable Integer value) {
        return value == null || value >= 1;
    }

    /** Adds a member unless there is no value for it: what is not sent has the server's default. */
    static void put(Map<String, Object> members, String name, @Nullable Object value) {
        if (value != null) {
            members.put(name, value);
        }
    }
}
