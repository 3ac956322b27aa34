package dev.gorgon.train.eval;

/** The section of a model card that says what heads gain. */
public final class MeasuredGain {

    private static final String BEGIN = "<!-- measured gain -->\n";
    private static final String END = "<!-- end of measured gain -->\n";

    private MeasuredGain() {}

    /** The card with the figures of this evaluation, in place of those of an earlier one if it has some. */
    public static String in(String card, EvaluationReport report) {
        String section = BEGIN + "## Measured gain\n\n" + EvaluationTables.of(report) + END;
        int begin = card.indexOf(BEGIN);
        int end = card.indexOf(END, Math.max(begin, 0));
        if (begin >= 0 && end >= 0) {
            return card.substring(0, begin) + section + card.substring(end + END.length());
        }
        String before = card.isEmpty() || card.endsWith("\n") ? card : card + "\n";
        return before + (before.isEmpty() ? "" : "\n") + section;
    }
}
