package dev.gorgon.engine.text.template;

import java.util.function.Supplier;

/** Something that is not there: it prints as nothing, is false and empty; anything else done with it is an error. */
final class Undefined {
    private final Supplier<String> message;

    /** @param message what the error says; made only if there is one, because most absent things are just asked for */
    private Undefined(Supplier<String> message) {
        this.message = message;
    }

    static Undefined because(String message) {
        return new Undefined(() -> message);
    }

    static Undefined name(String name) {
        return new Undefined(() -> Repr.quote(name) + " is undefined");
    }

    static Undefined attribute(Object owner, String name) {
        return new Undefined(() -> "'" + ownerName(owner) + "' has no attribute " + Repr.quote(name));
    }

    static Undefined element(Object owner, Object key, Budget budget) {
        return key instanceof String name
                ? attribute(owner, name)
                : new Undefined(() -> ownerName(owner) + " has no element " + Repr.repr(key, budget));
    }

    /** What the sandbox keeps from templates. */
    static Undefined unsafe(Object owner, String name) {
        return new Undefined(() ->
                "access to attribute " + Repr.quote(name) + " of '" + Values.typeName(owner) + "' object is unsafe.");
    }

    private static String ownerName(Object owner) {
        return owner == None.NONE ? "None" : Values.qualifiedTypeName(owner) + " object";
    }

    JinjaException error() {
        return JinjaException.error(message.get());
    }
}
