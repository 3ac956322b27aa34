package dev.gorgon.engine.text.template;

/**
 * @param value what the text means: a number, the text of a string without its quotes, else the text itself
 */
record Token(Kind kind, String text, Object value, int line) {

    enum Kind {
        DATA,
        PRINT_BEGIN,
        PRINT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    String describe() {
        return switch (kind) {
            case DATA -> "template data / text";
            case PRINT_BEGIN -> "begin of print statement";
            case PRINT_END -> "end of print statement";
            case BLOCK_BEGIN -> "begin of statement block";
            case BLOCK_END -> "end of statement block";
            case NAME, OPERATOR -> text;
            case STRING -> "string";
            case INTEGER -> "integer";
            case FLOAT -> "float";
            case END -> "end of template";
        };
    }
}
