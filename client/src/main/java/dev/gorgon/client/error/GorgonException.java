package dev.gorgon.client.error;

import java.time.Duration;
import java.util.Optional;

/**
 * A call failed. The subclass says how: by the type in the answer where it has one of LoRAX's, else by the status, as LoRAX's
 * Python client does it (contract, section 7.4).
 */
public abstract sealed class GorgonException extends RuntimeException
        permits BadRequestException,
                BrokenStreamException,
                ConflictException,
                ConnectionException,
                ForbiddenException,
                GenerationException,
                IncompleteGenerationException,
                NotFoundException,
                NotReadyException,
                OverloadedException,
                RateLimitExceededException,
                RequestInterruptedException,
                RequestTimeoutException,
                UnauthorizedException,
                UnknownException,
                UnprocessableEntityException,
                ValidationException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String code;
    private final long retryAfterMillis;

    GorgonException(Failure failure) {
        super(failure.message());
        this.status = failure.status();
        this.type = failure.type();
        this.code = failure.code();
        this.retryAfterMillis = failure.retryAfter().map(Duration::toMillis).orElse(-1L);
    }

    /** The status of the answer; for an error inside a stream the one it would have had; 0 if there was no answer. */
    public int status() {
        return status;
    }

    /** The {@code error_type} of LoRAX's error object or the {@code type} of OpenAI's; empty if there is none. */
    public String type() {
        return type;
    }

    /** What Gorgon tells beyond LoRAX's type, for instance {@code adapter_not_found}; OpenAI's {@code code}; or empty. */
    public String code() {
        return code;
    }

    /** How long the server asks to wait before the next try. */
    public Optional<Duration> retryAfter() {
        return retryAfterMillis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(retryAfterMillis));
    }
}
