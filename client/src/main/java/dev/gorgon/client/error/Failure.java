package dev.gorgon.client.error;

import java.time.Duration;
import java.util.Optional;

/**
 * What is known about a failed call.
 *
 * @param status of HTTP; 0 if there was no answer
 * @param type LoRAX's {@code error_type} or OpenAI's {@code type}; empty if there is none
 * @param code what Gorgon and OpenAI tell beyond the type; empty if there is none
 * @param message for people; never empty
 * @param retryAfter how long the server asks to wait
 */
record Failure(int status, String type, String code, String message, Optional<Duration> retryAfter) {

    /** Something that went wrong on this side. */
    static Failure local(String message) {
        return new Failure(0, "", "", message, Optional.empty());
    }
}
