package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import java.time.Duration;

/** Something went wrong that may go well the next time. */
final class TransientFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final HubException lasting;
    private final Duration retryAfter;

    /** @param lasting what to throw when there is no next time */
    TransientFailure(HubException lasting) {
        this(lasting, Duration.ZERO);
    }

    /** @param retryAfter how long the server asks to wait */
    TransientFailure(HubException lasting, Duration retryAfter) {
        super(lasting.getMessage(), lasting);
        this.lasting = lasting;
        this.retryAfter = retryAfter;
    }

    HubException lasting() {
        return lasting;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
