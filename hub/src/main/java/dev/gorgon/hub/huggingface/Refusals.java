package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/** What the hub's refusals mean. The hub explains a status with the header {@code X-Error-Code}. */
final class Refusals {

    private Refusals() {}

    /** The repository is there, and this caller may know it. */
    static final class NoSuchRevision extends HubException {
        private static final long serialVersionUID = 1L;

        NoSuchRevision(String message) {
            super(Code.NOT_FOUND, message);
        }
    }

    /** Returns for an answer with content only. */
    static void check(HubClient.Answer answer, HubClient.Question question, URI endpoint) throws TransientFailure {
        int status = answer.status();
        if (status == 200 || status == 206 || status == 416) {
            return;
        }
        answer.close();
        String subject = question.subject();
        String code = answer.headers().firstValue("X-Error-Code").orElse("");
        boolean token = question.credential().isPresent();
        if (status == 429) {
            throw new TransientFailure(
                    new HubException(
                            Code.RATE_LIMITED,
                            "%s asks to wait (429 Too Many Requests) for %s".formatted(endpoint, subject)),
                    retryAfter(answer));
        }
        if (status == 408 || status >= 500) {
            throw new TransientFailure(
                    new HubException(
                            Code.UNREACHABLE, "%s answers with status %d for %s".formatted(endpoint, status, subject)),
                    retryAfter(answer));
        }
        throw switch (code) {
            case "GatedRepo" ->
                new HubException(
                        Code.ACCESS_DENIED,
                        token
                                ? "Access to %s is gated: the owner of the token has not been granted access (%d)"
                                        .formatted(subject, status)
                                : "Access to %s is gated: send the token of an account with access (%d)"
                                        .formatted(subject, status));
            case "RevisionNotFound" -> new NoSuchRevision("Revision Not Found: %s (%d)".formatted(subject, status));
            case "EntryNotFound" ->
                new HubException(Code.NOT_FOUND, "Entry Not Found: %s (%d)".formatted(subject, status));
            case "RepoNotFound" -> notFound(subject, status, token, endpoint);
            default -> byStatus(status, subject, token, endpoint);
        };
    }

    private static HubException byStatus(int status, String subject, boolean token, URI endpoint) {
        return switch (status) {
            case 401 ->
                token
                        ? new HubException(
                                Code.ACCESS_DENIED, "The hub does not accept the token for %s (401)".formatted(subject))
                        : notFound(subject, status, false, endpoint);
            case 403 ->
                new HubException(
                        Code.ACCESS_DENIED, "The hub does not let this caller have %s (403)".formatted(subject));
            case 404, 410 -> notFound(subject, status, token, endpoint);
            default ->
                new HubException(
                        Code.UNREACHABLE, "%s answers with status %d for %s".formatted(endpoint, status, subject));
        };
    }

    private static HubException notFound(String subject, int status, boolean token, URI endpoint) {
        String hint = token ? "it is private and the token may not read it" : "it is private and needs a token";
        return new HubException(
                Code.NOT_FOUND,
                "Repository Not Found: there is no %s at %s, or %s (%d)".formatted(subject, endpoint, hint, status));
    }

    private static Duration retryAfter(HubClient.Answer answer) {
        String text = answer.storeHeaders().firstValue("Retry-After").orElse("").strip();
        if (text.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            Duration wait = Duration.between(
                    Instant.now(),
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }
}
