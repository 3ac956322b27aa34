package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Speaks HTTP with the hub. Follows redirects itself, because a credential must reach the hub's own origin and no other, and because
 * what the hub says about a file stands in the redirect, not in the answer of the store behind it.
 */
final class HubClient implements AutoCloseable {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MOST_REDIRECTS = 5;

    /**
     * A question.
     *
     * @param subject what is asked for, for messages
     * @param from first byte wanted
     */
    record Question(String method, URI uri, Credential credential, String subject, long from) {}

    /** An answer that is not a redirect to follow. @param headers those of the hub's own answer */
    record Answer(int status, HttpHeaders headers, HttpHeaders storeHeaders, TimedBody body) implements AutoCloseable {
        @Override
        public void close() {
            body.close();
        }
    }

    private final URI endpoint;
    private final Patience patience;
    private final HttpClient http;

    HubClient(URI endpoint, Patience patience) {
        this.endpoint = endpoint;
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect())
                .build();
    }

    /**
     * Asks, and follows redirects. A {@code HEAD} stays with the hub: it ends at the redirect to another origin.
     *
     * @throws TransientFailure if the server cannot be reached, or asks to come back later
     * @throws HubException if the answer is a refusal
     */
    Answer ask(Question question) throws TransientFailure {
        Answer answer = follow(question, Payload.NONE);
        if (!REDIRECTS.contains(answer.status())) {
            Refusals.check(answer, question, endpoint);
        }
        return answer;
    }

    /**
     * Sends something. Only the hub may say that it belongs elsewhere in the hub; refusals are the caller's to look at.
     *
     * @throws TransientFailure if the server cannot be reached, or stops taking the payload in
     * @throws HubException if the answer is a redirect to nowhere, or to another origin
     */
    Answer send(Question question, Payload payload) throws TransientFailure {
        return follow(question, payload);
    }

    private Answer follow(Question question, Payload payload) throws TransientFailure {
        URI uri = question.uri();
        Optional<HttpHeaders> hubHeaders = Optional.empty();
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpResponse<TimedBody> response = exchange(question, uri, payload);
            HttpHeaders headers = response.headers();
            boolean redirected = REDIRECTS.contains(response.statusCode());
            Optional<URI> next = redirected ? Optional.of(target(uri, headers, question)) : Optional.empty();
            boolean leaves = next.isPresent() && !isHub(next.get());
            if (isHub(uri)) {
                hubHeaders = Optional.of(headers);
            }
            if (redirected && !(leaves && question.method().equals("HEAD"))) {
                response.body().close();
                if (leaves && payload != Payload.NONE) {
                    throw new HubException(
                            HubException.Code.UNREACHABLE,
                            "The hub sends %s to another server; nothing was sent there".formatted(question.subject()));
                }
                uri = next.orElseThrow();
                continue;
            }
            return new Answer(response.statusCode(), hubHeaders.orElse(headers), headers, response.body());
        }
        throw new HubException(
                HubException.Code.UNREACHABLE, "Too many redirects when asking for " + question.subject());
    }

    private HttpResponse<TimedBody> exchange(Question question, URI uri, Payload payload) throws TransientFailure {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(question.method(), payload.publisher())
                .header("User-Agent", "gorgon")
                .header("Accept-Encoding", "identity");
        payload.headers().forEach(request::header);
        if (question.credential().isPresent() && isHub(uri)) {
            request.header("Authorization", "Bearer " + checked(question.credential()));
        }
        if (question.from() > 0) {
            request.header("Range", "bytes=" + question.from() + "-");
        }
        CompletableFuture<HttpResponse<TimedBody>> answer =
                http.sendAsync(request.build(), _ -> new TimedBody(patience.stall()));
        try {
            return await(answer, payload);
        } catch (IOException e) {
            throw unreachable(question, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException(
                    HubException.Code.UNREACHABLE, "Interrupted while asking for " + question.subject(), e);
        } finally {
            answer.cancel(true);
        }
    }

    /** Waits as long as the payload moves; a large one takes its time, a dead connection must not. */
    private HttpResponse<TimedBody> await(CompletableFuture<HttpResponse<TimedBody>> answer, Payload payload)
            throws IOException, InterruptedException {
        long taken = payload.taken();
        while (true) {
            try {
                return answer.get(patience.stall().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (payload.taken() == taken) {
                    throw new HttpTimeoutException(
                            "no answer for " + patience.stall().toSeconds() + " s");
                }
                taken = payload.taken();
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                if (cause instanceof RuntimeException failure) {
                    throw failure;
                }
                throw cause instanceof IOException broken ? broken : new IOException(String.valueOf(cause), cause);
            }
        }
    }

    /** What a broken connection becomes. */
    TransientFailure unreachable(Question question, IOException cause) {
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new TransientFailure(new HubException(
                HubException.Code.UNREACHABLE,
                "%s cannot be reached for %s: %s".formatted(endpoint, question.subject(), reason),
                cause));
    }

    private static URI target(URI from, HttpHeaders headers, Question question) {
        return target(from, headers.firstValue("Location").orElse(""), question);
    }

    private static URI target(URI from, String location, Question question) {
        try {
            URI next = from.resolve(location);
            String scheme = String.valueOf(next.getScheme()).toLowerCase(Locale.ROOT);
            boolean secure = from.getScheme().equalsIgnoreCase("https");
            if (!location.isEmpty()
                    && next.getHost() != null
                    && (scheme.equals("https") || scheme.equals("http") && !secure)) {
                return next;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new HubException(
                HubException.Code.UNREACHABLE, "The hub names no usable address for " + question.subject());
    }

    /** An address that the hub names in an answer. @throws HubException if it is none that bytes may be sent to */
    URI named(String address, Question question) {
        return target(endpoint, address, question);
    }

    private boolean isHub(URI uri) {
        return uri.getHost().equalsIgnoreCase(endpoint.getHost())
                && uri.getScheme().equalsIgnoreCase(endpoint.getScheme())
                && port(uri) == port(endpoint);
    }

    private static int port(URI uri) {
        int byDefault = uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
        return uri.getPort() < 0 ? byDefault : uri.getPort();
    }

    /** A token with line breaks in it could add headers. */
    private static String checked(Credential credential) {
        if (!credential.token().chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new HubException(
                    HubException.Code.ACCESS_DENIED, "The token contains characters that no token of the hub has");
        }
        return credential.token();
    }

    Duration stall() {
        return patience.stall();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
