package dev.gorgon.client;

import dev.gorgon.client.error.ConnectionException;
import dev.gorgon.client.error.Failures;
import dev.gorgon.client.error.RequestTimeoutException;
import dev.gorgon.client.error.UnknownException;
import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.json.JsonException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;

/** Single tries: a request, and its answer as a value or a typed failure. */
final class Transport {
    /** Text beyond is refused: answers are texts of models, and some numbers per token. */
    private static final long MAX_ANSWER_BYTES = 1L << 26;

    private static final String EVENTS = "text/event-stream";

    private final HttpClient http;
    private final Settings settings;

    Transport(HttpClient http, Settings settings) {
        this.http = http;
        this.settings = settings;
    }

    /** What came with status 200 and the expected type, or else the text of the answer. */
    private sealed interface Body {
        record Text(String text) implements Body {}

        record Events(Flow.Publisher<List<ByteBuffer>> bytes) implements Body {}
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(settings.base() + path)).version(settings.version());
        settings.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        return builder;
    }

    /** A request without a body. */
    HttpRequest get(String path, String accept) {
        return request(path).setHeader("accept", accept).GET().build();
    }

    /**
     * A request with a body of JSON.
     *
     * @throws ValidationException if a string in it is not valid Unicode
     */
    HttpRequest post(String path, String json, String accept) {
        return request(path)
                .setHeader("content-type", "application/json")
                .setHeader("accept", accept)
                .POST(HttpRequest.BodyPublishers.ofByteArray(utf8(json)))
                .build();
    }

    /** An unpaired surrogate is no character; sent as a question mark, it would silently change the prompt. */
    private static byte[] utf8(String json) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw new ValidationException("the request holds half a surrogate pair, which is not a character");
        }
    }

    /** One try of a call with a complete answer. */
    <T> Call<T> text(HttpRequest request, Function<String, T> reader) {
        Call<T> call = new Call<>();
        exchange(call, request, info -> text(), response -> {
            if (response.body() instanceof Body.Text(String text) && response.statusCode() == 200) {
                call.complete(reader.apply(text));
            } else {
                fail(call, response);
            }
        });
        return call;
    }

    /** One try of a call that is answered with events; complete when the first of them is there. */
    <T> Call<EventSource<T>> events(HttpRequest request, EventFormat<T> format) {
        Call<EventSource<T>> call = new Call<>();
        HttpResponse.BodyHandler<Body> handler = info -> info.statusCode() == 200 && isEvents(info.headers())
                ? BodySubscribers.mapping(BodySubscribers.ofPublisher(), Body.Events::new)
                : text();
        exchange(call, request, handler, response -> {
            switch (response.body()) {
                case Body.Events(Flow.Publisher<List<ByteBuffer>> bytes) -> {
                    EventSource<T> source = new EventSource<>(format, settings.timers(), settings.idleTimeout(), call);
                    call.stopsWith(source::cancel);
                    bytes.subscribe(source);
                }
                case Body.Text(String text)
                when response.statusCode() == 200 ->
                    call.completeExceptionally(new UnknownException("expected a stream of events, got: " + text));
                case Body.Text text -> fail(call, response);
            }
        });
        return call;
    }

    private static boolean isEvents(HttpHeaders headers) {
        return headers.firstValue("content-type").orElse("").startsWith(EVENTS);
    }

    private static HttpResponse.BodySubscriber<Body> text() {
        return BodySubscribers.mapping(
                BodySubscribers.limiting(BodySubscribers.ofString(StandardCharsets.UTF_8), MAX_ANSWER_BYTES),
                Body.Text::new);
    }

    private interface Answered {
        void accept(HttpResponse<Body> response);
    }

    private void exchange(
            Call<?> call, HttpRequest request, HttpResponse.BodyHandler<Body> handler, Answered answered) {
        CompletableFuture<HttpResponse<Body>> exchange = http.sendAsync(request, handler);
        CompletableFuture<Void> limit = settings.timers().limit(settings.requestTimeout());
        call.stopsWith(() -> {
            limit.cancel(false);
            exchange.cancel(true);
        });
        limit.thenRunAsync(() -> call.completeExceptionally(new RequestTimeoutException(
                "no answer within " + settings.requestTimeout().toMillis() + " ms; the request was given up")));
        exchange.whenComplete((response, failure) -> {
            limit.cancel(false);
            if (failure != null) {
                call.completeExceptionally(connection(request, Retries.unwrap(failure)));
                return;
            }
            try {
                answered.accept(response);
            } catch (JsonException e) {
                UnknownException unknown =
                        new UnknownException("the answer of " + request.uri() + " makes no sense: " + e.getMessage());
                unknown.initCause(e);
                call.completeExceptionally(unknown);
            } catch (RuntimeException e) {
                call.completeExceptionally(e);
            }
        });
    }

    private static ConnectionException connection(HttpRequest request, Throwable cause) {
        return new ConnectionException("no answer from " + request.uri() + ": " + cause, cause);
    }

    private static void fail(Call<?> call, HttpResponse<Body> response) {
        String text = response.body() instanceof Body.Text(String said) ? said : "";
        call.completeExceptionally(Failures.answer(response.statusCode(), retryAfter(response.headers()), text));
    }

    /** Seconds; a date would need clocks that agree, so it is not understood. */
    private static Optional<Duration> retryAfter(HttpHeaders headers) {
        return headers.firstValue("retry-after")
                .filter(value -> value.matches("\\d{1,9}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)));
    }
}
