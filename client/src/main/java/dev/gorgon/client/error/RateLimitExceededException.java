package dev.gorgon.client.error;

/** 429 from somebody else than the model, a gateway for instance. {@link #retryAfter()} may say how long to wait. */
public final class RateLimitExceededException extends GorgonException {
    private static final long serialVersionUID = 1L;

    RateLimitExceededException(Failure failure) {
        super(failure);
    }
}
