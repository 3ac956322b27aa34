package dev.gorgon.client.error;

/** {@code overloaded}: as many requests as the server permits are under way. {@link #retryAfter()} may say how long to wait. */
public final class OverloadedException extends GorgonException {
    private static final long serialVersionUID = 1L;

    OverloadedException(Failure failure) {
        super(failure);
    }
}
