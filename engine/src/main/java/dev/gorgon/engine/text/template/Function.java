package dev.gorgon.engine.text.template;

/** Something that a template can call. */
interface Function {

    /** How the function calls itself in messages. */
    String name();

    Object call(Args arguments);

    /** A function of a name and a body. */
    static Function of(String name, java.util.function.Function<Args, Object> body) {
        return new Function() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Object call(Args arguments) {
                return body.apply(arguments);
            }
        };
    }
}
