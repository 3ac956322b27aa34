package dev.gorgon.hub.pbase;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks Predibase's gateway for a JSON object, with bounded time and size. Thread-safe. */
final class Gateway {
    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    /** The answers are a page of text at most. */
    static final int MAX_BYTES = 1 << 20;

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int FIRST_SERVER_ERROR = 500;

    private final PredibaseSettings settings;
    private final JsonMapper json = JsonMapper.shared();
    private @Nullable HttpClient client;

    Gateway(PredibaseSettings settings) {
        this.settings = settings;
    }

    /**
     * @param path with its query, encoded
     * @param id for messages
     * @return empty if the gateway does not know the thing
     * @throws HubException if the caller may not ask, or the gateway does not answer sensibly
     */
    Optional<JsonNode> get(String path, Credential token, String id) {
        HttpRequest request = request(path, token);
        HubException last = unreachable(id, null);
        for (int attempt = 1; attempt <= settings.attempts(); attempt++) {
            try {
                if (attempt > 1) {
                    Thread.sleep(settings.pause().multipliedBy(1L << (attempt - 2)));
                }
                HttpResponse<byte[]> response = send(request);
                if (response.statusCode() < FIRST_SERVER_ERROR) {
                    return read(response, id);
                }
                last = new HubException(
                        Code.UNREACHABLE,
                        "Predibase answered with status %d when asked for adapter %s; try again later"
                                .formatted(response.statusCode(), id));
            } catch (IOException e) {
                log.warn("Predibase cannot be asked for {}: {}", id, e.toString());
                last = unreachable(id, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HubException(Code.UNREACHABLE, "Asking Predibase was interrupted; ask again", e);
            }
        }
        throw last;
    }

    private HttpRequest request(String path, Credential token) {
        try {
            return HttpRequest.newBuilder(URI.create(settings.gateway() + path))
                    .timeout(settings.timeout())
                    .header("Authorization", "Bearer " + token.token())
                    .header("Accept", "application/json")
                    .build();
        } catch (IllegalArgumentException e) {
            // Without the cause, whose message repeats the token.
            throw new HubException(Code.ACCESS_DENIED, "The api_token holds characters that no token has");
        }
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> answer =
                client().sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES));
        try {
            // The time-out of the request ends with the headers; this one covers the body, too.
            return answer.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException("no complete answer within " + settings.timeout(), e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }

    private Optional<JsonNode> read(HttpResponse<byte[]> response, String id) {
        switch (response.statusCode()) {
            case OK -> {
                try {
                    JsonNode object = json.readTree(response.body());
                    if (object.isObject()) {
                        return Optional.of(object);
                    }
                } catch (JacksonException e) {
                    log.warn("Predibase's answer for {} is not JSON: {}", id, e.getOriginalMessage());
                }
                throw new HubException(
                        Code.UNREACHABLE,
                        "Predibase did not answer with a JSON object when asked for adapter %s; check PREDIBASE_GATEWAY_ENDPOINT"
                                .formatted(id));
            }
            case UNAUTHORIZED, FORBIDDEN ->
                throw new HubException(
                        Code.ACCESS_DENIED,
                        "Predibase does not let this api_token have adapter %s (status %d); check the token"
                                .formatted(id, response.statusCode()));
            case TOO_MANY_REQUESTS ->
                throw new HubException(
                        Code.RATE_LIMITED, "Predibase asks to slow down; try adapter %s later".formatted(id));
            default -> {
                return Optional.empty();
            }
        }
    }

    private static HubException unreachable(String id, @Nullable Throwable cause) {
        String message =
                "Predibase cannot be reached for adapter %s; check the network and PREDIBASE_GATEWAY_ENDPOINT, then try again"
                        .formatted(id);
        return cause == null
                ? new HubException(Code.UNREACHABLE, message)
                : new HubException(Code.UNREACHABLE, message, cause);
    }

    private synchronized HttpClient client() {
        HttpClient opened = client;
        if (opened == null) {
            opened = HttpClient.newBuilder()
                    .connectTimeout(settings.timeout())
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .build();
            client = opened;
        }
        return opened;
    }
}
