package dev.gorgon.client.error;

/** 403: nobody may do this, or not with this key. (LoRAX's Python client calls this a shard that is not ready.) */
public final class ForbiddenException extends GorgonException {
    private static final long serialVersionUID = 1L;

    ForbiddenException(Failure failure) {
        super(failure);
    }
}
