package dev.gorgon.client.error;

import dev.gorgon.client.json.Json;
import dev.gorgon.client.json.JsonException;
import dev.gorgon.client.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Answers that mean failure, as exceptions (LoRAX contract, sections 1.2, 1.3 and 7.4): LoRAX's and OpenAI's error objects, and
 * plain text. For the client itself.
 */
public final class Failures {
    private static final int MAX_TEXT = 1000;

    /** The status that an error of a type has outside of streams. */
    private static final Map<String, Integer> STATUS = Map.of(
            "generation", 424,
            "overloaded", 429,
            "validation", 422,
            "incomplete_generation", 500,
            "healthcheck", 503);

    private Failures() {}

    /** An answer whose status is not 200. */
    public static GorgonException answer(int status, Optional<Duration> retryAfter, String body) {
        try {
            Optional<Failure> failure = failure(Json.object(body), status, retryAfter);
            if (failure.isPresent()) {
                return exception(failure.get());
            }
        } catch (JsonException e) {
            // then it is text: a body the server could not read, or a gateway on the way
        }
        return exception(new Failure(status, "", "", plain(body), retryAfter));
    }

    /** The error an event of a stream stands for, if it does. */
    public static Optional<GorgonException> event(JsonObject event) {
        return failure(event, 0, Optional.empty())
                .map(failure -> exception(new Failure(
                        STATUS.getOrDefault(failure.type(), 500),
                        failure.type(),
                        failure.code(),
                        failure.message(),
                        Optional.empty())));
    }

    private static Optional<Failure> failure(JsonObject json, int status, Optional<Duration> retryAfter) {
        Optional<JsonObject> envelope = json.objectIfOne("error");
        if (envelope.isPresent()) {
            JsonObject error = envelope.get();
            return Optional.of(new Failure(
                    status,
                    error.looseText("type").orElse(""),
                    error.looseText("code").orElse(""),
                    error.looseText("message").orElse(""),
                    retryAfter));
        }
        return json.looseText("error")
                .map(message -> new Failure(
                        status,
                        json.looseText("error_type").orElse(""),
                        json.looseText("code").orElse(""),
                        message,
                        retryAfter));
    }

    private static String plain(String body) {
        String text = body.strip();
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text;
    }

    private static GorgonException exception(Failure told) {
        Failure failure = told.message().isEmpty()
                ? new Failure(
                        told.status(),
                        told.type(),
                        told.code(),
                        "the server answered with status " + told.status() + " and no explanation",
                        told.retryAfter())
                : told;
        return switch (failure.type()) {
            case "generation" -> new GenerationException(failure);
            case "incomplete_generation" -> new IncompleteGenerationException(failure);
            case "overloaded" -> new OverloadedException(failure);
            case "validation" -> new ValidationException(failure);
            default -> byStatus(failure);
        };
    }

    private static GorgonException byStatus(Failure failure) {
        return switch (failure.status()) {
            case 400 -> new BadRequestException(failure);
            case 401 -> new UnauthorizedException(failure);
            case 403 -> new ForbiddenException(failure);
            case 404 -> new NotFoundException(failure);
            case 409 -> new ConflictException(failure);
            case 422 -> new UnprocessableEntityException(failure);
            case 424, 503 -> new NotReadyException(failure);
            case 429 -> new RateLimitExceededException(failure);
            case 504 -> new RequestTimeoutException(failure);
            default ->
                new UnknownException(new Failure(
                        failure.status(),
                        failure.type(),
                        failure.code(),
                        "Error status " + failure.status() + ": " + failure.message(),
                        failure.retryAfter()));
        };
    }
}
