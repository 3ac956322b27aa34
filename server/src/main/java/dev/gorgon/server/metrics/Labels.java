package dev.gorgon.server.metrics;

/** Labels in the text format, with their braces; the empty text stands for none. */
public final class Labels {
    private Labels() {}

    /** Names and values in turn; values are escaped. */
    public static String of(String... namesAndValues) {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (i > 0) {
                text.append(',');
            }
            text.append(namesAndValues[i]).append("=\"");
            escape(text, namesAndValues[i + 1]);
            text.append('"');
        }
        return text.append('}').toString();
    }

    private static void escape(StringBuilder text, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.append(c);
            }
        }
    }
}
