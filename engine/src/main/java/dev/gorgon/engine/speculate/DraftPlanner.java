package dev.gorgon.engine.speculate;

/**
 * Decides how many tokens are worth drafting for a sequence. Rows cost time, guesses save steps: a guess at depth d is worth its
 * row if the chance that all guesses up to d hold exceeds what a row costs compared with a step. The chance is estimated from
 * what was accepted lately; after a dry spell one guess is risked now and then, so that a sequence can recover. Affects speed
 * only.
 */
public final class DraftPlanner {

    /** Weight of the newest observation. */
    private static final double RATE = 0.1;
    /** Chance that a first guess holds, before anything is known. */
    private static final double PRIOR = 0.7;
    /** Steps without a draft after which one is risked. */
    private static final int RETRY = 8;

    private double acceptance = PRIOR;
    private int dry;

    /**
     * Guesses in a row that are worth making, at most {@code limit}.
     *
     * @param cost the chance of being accepted that makes a guess worth its time; it may still be dropped when the head itself is
     *     unsure of it
     */
    public int worthwhile(int limit, double cost) {
        int depth = 0;
        for (double chance = acceptance; depth < limit && chance > cost; chance *= acceptance) {
            depth++;
        }
        if (depth == 0 && limit > 0 && ++dry >= RETRY) {
            depth = 1;
        }
        if (depth > 0) {
            dry = 0;
        }
        return depth;
    }

    /** Learns that the heads were too unsure of their guesses to verify any. */
    public void observeUnsure() {
        acceptance -= RATE / 2 * acceptance;
    }

    /** Learns from a verified chain: {@code accepted} of {@code drafted} guesses held; those after the first miss say nothing. */
    public void observe(int drafted, int accepted) {
        for (int i = 0; i < Math.min(accepted + 1, drafted); i++) {
            acceptance += RATE * ((i < accepted ? 1.0 : 0.0) - acceptance);
        }
    }
}
