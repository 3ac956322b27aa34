package dev.gorgon.client.error;

/** 422 without LoRAX's {@code validation} type: a value has the wrong type, or a template or tool failed. */
public final class UnprocessableEntityException extends GorgonException {
    private static final long serialVersionUID = 1L;

    UnprocessableEntityException(Failure failure) {
        super(failure);
    }
}
