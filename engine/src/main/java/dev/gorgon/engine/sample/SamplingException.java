package dev.gorgon.engine.sample;

/** Logits that nothing can be chosen from. Concerns one sequence only. */
public class SamplingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SamplingException(String message) {
        super(message);
    }
}
