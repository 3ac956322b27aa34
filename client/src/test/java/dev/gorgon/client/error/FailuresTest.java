package dev.gorgon.client.error;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.client.json.Json;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailuresTest {

    private static GorgonException answer(int status, String body) {
        return Failures.answer(status, Optional.empty(), body);
    }

    @ParameterizedTest
    @CsvSource({
        "424, generation, GenerationException",
        "500, incomplete_generation, IncompleteGenerationException",
        "429, overloaded, OverloadedException",
        "422, validation, ValidationException",
        "400, other, BadRequestException",
        "401, unauthorized, UnauthorizedException",
        "403, forbidden, ForbiddenException",
        "404, no fast tokenizer, NotFoundException",
        "409, conflict, ConflictException",
        "422, tool_error, UnprocessableEntityException",
        "424, other, NotReadyException",
        "429, other, RateLimitExceededException",
        "503, healthcheck, NotReadyException",
        "504, other, RequestTimeoutException",
        "500, embedding_failure, UnknownException",
        "418, teapot, UnknownException",
    })
    void byTypeThenByStatus(int status, String type, String expected) {
        GorgonException failure =
                answer(status, "{\"error\":\"what happened\",\"error_type\":\"" + type + "\",\"code\":\"why\"}");
        assertThat(failure.getClass().getSimpleName()).isEqualTo(expected);
        assertThat(failure)
                .hasMessage(
                        expected.equals("UnknownException")
                                ? "Error status " + status + ": what happened"
                                : "what happened");
        assertThat(failure.status()).isEqualTo(status);
        assertThat(failure.type()).isEqualTo(type);
        assertThat(failure.code()).isEqualTo("why");
        assertThat(failure.retryAfter()).isEmpty();
    }

    @Test
    void envelopeOfOpenAi() {
        GorgonException failure = answer(
                401,
                "{\"error\":{\"message\":\"bad key\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}");
        assertThat(failure).isInstanceOf(UnauthorizedException.class).hasMessage("bad key");
        assertThat(failure.type()).isEqualTo("invalid_request_error");
        assertThat(failure.code()).isEqualTo("invalid_api_key");
        assertThat(answer(400, "{\"error\":{\"message\":\"no\",\"code\":17}}").code())
                .isEqualTo("17");
    }

    @Test
    void textAndNothing() {
        assertThat(answer(415, "Expected request with `Content-Type: application/json`"))
                .isInstanceOf(UnknownException.class)
                .hasMessage("Error status 415: Expected request with `Content-Type: application/json`");
        assertThat(answer(422, "Failed to deserialize the JSON body into the target type"))
                .isInstanceOf(UnprocessableEntityException.class)
                .hasMessageStartingWith("Failed to deserialize");
        assertThat(answer(404, "")).hasMessage("the server answered with status 404 and no explanation");
        assertThat(answer(400, "[1]")).hasMessage("[1]");
        assertThat(answer(400, "{\"detail\":1}")).hasMessage("{\"detail\":1}");
        assertThat(answer(400, "x".repeat(5000)).getMessage()).hasSizeLessThan(1100);
    }

    @Test
    void whenToComeBack() {
        assertThat(Failures.answer(429, Optional.of(Duration.ofSeconds(3)), "slow")
                        .retryAfter())
                .hasValue(Duration.ofSeconds(3));
    }

    @Test
    void eventsHaveTheStatusTheyWouldHave() {
        assertThat(Failures.event(Json.object("{\"token\":{}}"))).isEmpty();
        assertThat(Failures.event(Json.object("{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}")))
                .hasValueSatisfying(failure -> {
                    assertThat(failure).isInstanceOf(OverloadedException.class);
                    assertThat(failure.status()).isEqualTo(429);
                });
        assertThat(Failures.event(Json.object("{\"error\":\"?\"}")))
                .hasValueSatisfying(failure -> assertThat(failure).isInstanceOf(UnknownException.class));
    }
}
