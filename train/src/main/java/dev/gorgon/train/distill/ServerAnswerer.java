package dev.gorgon.train.distill;

import dev.gorgon.train.data.Message;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Answers of a server with OpenAI's chat completions. One attempt each; see {@link Retrying}. */
public final class ServerAnswerer implements Answerer, AutoCloseable {

    private static final int MAX_BODY_BYTES = 16 << 20;
    private static final int SHOWN_CHARACTERS = 300;

    private final ChatServer server;
    private final String model;
    private final AnswerSettings settings;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(15))
            .build();

    /** @param model name of the model, as the server knows it */
    public ServerAnswerer(ChatServer server, String model, AnswerSettings settings) {
        this.server = server;
        this.model = model;
        this.settings = settings;
    }

    /**
     * The first model that a server lists.
     *
     * @return empty if it lists none, or does not say
     */
    public static Optional<String> firstModel(ChatServer server) throws AnswerException, InterruptedException {
        try (ServerAnswerer client = new ServerAnswerer(server, "", new AnswerSettings(1, 0, 1))) {
            JsonNode models = client.send(client.request("/models").GET().build());
            return Optional.of(models.path("data").path(0).path("id").asString(""))
                    .filter(id -> !id.isEmpty());
        } catch (AnswerException e) {
            if (e.kind() == Kind.PASSING || e.problem().contains("--api-key")) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public Answer answer(List<Message> messages, long seed) throws AnswerException, InterruptedException {
        JsonNode reply = send(request("/chat/completions")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(messages, seed)))
                .build());
        JsonNode choice = reply.path("choices").path(0);
        if (!choice.path("message").isObject()) {
            throw new AnswerException(Kind.PASSING, server + " sent no answer: " + shown(reply.toString()));
        }
        return new Answer(
                choice.path("message").path("content").asString("").strip(),
                choice.path("finish_reason").asString("").equals("length"),
                reply.path("usage").path("completion_tokens").asInt(0));
    }

    private String body(List<Message> messages, long seed) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", model);
        ArrayNode list = body.putArray("messages");
        for (Message message : messages) {
            list.addObject().put("role", message.role()).put("content", message.content());
        }
        body.put("max_tokens", settings.maxTokens());
        body.put("temperature", settings.temperature());
        if (settings.samples()) {
            body.put("seed", seed);
            if (settings.topP() < 1) {
                body.put("top_p", settings.topP());
            }
        }
        body.put("stream", false);
        return JsonMapper.shared().writeValueAsString(body);
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path));
        return server.apiKey().isEmpty() ? request : request.header("authorization", "Bearer " + server.apiKey());
    }

    private JsonNode send(HttpRequest request) throws AnswerException, InterruptedException {
        HttpResponse<String> response = exchange(request);
        if (response.statusCode() != 200) {
            throw refusal(response);
        }
        try {
            return JsonMapper.shared().readTree(response.body());
        } catch (JacksonException e) {
            throw new AnswerException(Kind.PASSING, server + " sent no JSON: " + shown(response.body()));
        }
    }

    /** The request's own timeout ends with the header of the answer; this one holds for all of it. */
    private HttpResponse<String> exchange(HttpRequest request) throws AnswerException, InterruptedException {
        CompletableFuture<HttpResponse<String>> exchange = http.sendAsync(
                request,
                HttpResponse.BodyHandlers.limiting(
                        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8), MAX_BODY_BYTES));
        try {
            return exchange.get(server.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new AnswerException(
                    Kind.PASSING,
                    "no answer from " + server + ": "
                            + (cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage()));
        } catch (TimeoutException e) {
            throw new AnswerException(
                    Kind.PASSING,
                    "no answer from " + server + " within " + server.timeout().toSeconds() + " s");
        } finally {
            exchange.cancel(true);
        }
    }

    private AnswerException refusal(HttpResponse<String> response) {
        String text = response.body();
        int status = response.statusCode();
        String problem = server + " answers " + status + ": " + shown(text);
        if (status == 429 || status == 408 || status == 425 || status >= 500) {
            return new AnswerException(
                    Kind.PASSING,
                    problem,
                    response.headers().firstValue("retry-after").flatMap(ServerAnswerer::pause));
        }
        if (status == 401 || status == 403) {
            return new AnswerException(Kind.FATAL, problem + "; give a key with --api-key");
        }
        if (status < 400 || status == 404 || status == 405) {
            return new AnswerException(Kind.FATAL, problem + "; check --url and the model's name");
        }
        boolean tooLong = text.contains("context_length_exceeded");
        return new AnswerException(tooLong ? Kind.TOO_LONG : Kind.REFUSED, problem);
    }

    /** The header's pause: seconds, or a date. */
    private static Optional<Duration> pause(String retryAfter) {
        try {
            return Optional.of(Duration.ofMillis((long) (1000 * Math.max(0, Double.parseDouble(retryAfter.strip())))));
        } catch (NumberFormatException e) {
            try {
                Duration until = Duration.between(
                        ZonedDateTime.now(),
                        ZonedDateTime.parse(retryAfter.strip(), DateTimeFormatter.RFC_1123_DATE_TIME));
                return Optional.of(until.isNegative() ? Duration.ZERO : until);
            } catch (DateTimeParseException neither) {
                return Optional.empty();
            }
        }
    }

    private static String shown(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.isEmpty()
                ? "(nothing)"
                : line.length() > SHOWN_CHARACTERS ? line.substring(0, SHOWN_CHARACTERS) + "…" : line;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
