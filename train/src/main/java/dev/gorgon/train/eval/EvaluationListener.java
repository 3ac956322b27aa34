package dev.gorgon.train.eval;

/** Hears how an evaluation is getting on. */
@FunctionalInterface
public interface EvaluationListener {

    /** So many of a phase's prompts are done. */
    void onProgress(String phase, int done, int total);
}
