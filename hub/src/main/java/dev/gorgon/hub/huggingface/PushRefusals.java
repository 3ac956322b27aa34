package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.huggingface.HubClient.Answer;
import dev.gorgon.hub.huggingface.HubClient.Question;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What refusals of uploads mean. The hub explains them in the body, as {@code {"error": "…"}}. */
final class PushRefusals {
    private static final int MOST_BYTES = 64 << 10;
    private static final int SHOWN = 300;

    private PushRefusals() {}

    /** Something else has changed the branch, or is there already. */
    static final class Conflict extends HubException {
        private static final long serialVersionUID = 1L;

        Conflict(String message) {
            super(Code.UNREACHABLE, message);
        }
    }

    /**
     * Returns for success only, with the body still to be read.
     *
     * @throws TransientFailure if it is worth another attempt
     * @throws HubException if it is not
     */
    static void check(Answer answer, Question question, URI endpoint) throws TransientFailure {
        int status = answer.status();
        if (status >= 200 && status < 300) {
            return;
        }
        if (status == 408 || status == 429 || status >= 500) {
            Refusals.check(answer, question, endpoint);
        }
        String subject = question.subject();
        String told = told(answer, question);
        throw switch (status) {
            case 401 ->
                new HubException(
                        Code.ACCESS_DENIED,
                        "The hub does not accept the token for %s (401)%s".formatted(subject, told));
            case 403 ->
                new HubException(
                        Code.ACCESS_DENIED,
                        "The token may not write %s; it needs write access (403)%s".formatted(subject, told));
            case 404, 410 ->
                new HubException(
                        Code.NOT_FOUND,
                        "There is no %s at %s, or the token may not see it (%d)%s"
                                .formatted(subject, endpoint, status, told));
            case 409, 412 -> new Conflict("The hub reports a conflict for %s (%d)%s".formatted(subject, status, told));
            default ->
                new HubException(
                        Code.UNREACHABLE,
                        "%s answers with status %d for %s%s".formatted(endpoint, status, subject, told));
        };
    }

    /** The hub's own words, as far as they can be shown. */
    private static String told(Answer answer, Question question) {
        try (answer) {
            JsonNode node = JsonMapper.shared().readTree(answer.body().all(MOST_BYTES));
            String words = node.path("error").asString(node.path("message").asString(""));
            return words.isEmpty()
                    ? ""
                    : ": " + shown(words, question.credential().token());
        } catch (IOException | JacksonException e) {
            return "";
        }
    }

    static String shown(String words, String token) {
        String clean = words.replaceAll("\\p{Cntrl}+", " ").strip();
        String hidden = token.isEmpty() ? clean : clean.replace(token, "***");
        return hidden.length() <= SHOWN ? hidden : hidden.substring(0, SHOWN) + "…";
    }

    /** @throws HubException if this is not JSON */
    static JsonNode json(Answer answer, Question question, HubClient client) throws TransientFailure {
        byte[] bytes;
        try (answer) {
            bytes = answer.body().all(16 << 20);
        } catch (IOException e) {
            throw client.unreachable(question, e);
        }
        try {
            return JsonMapper.shared().readTree(bytes);
        } catch (JacksonException e) {
            String start = shown(new String(bytes, 0, Math.min(bytes.length, 80), StandardCharsets.UTF_8), "");
            throw new HubException(
                    Code.UNREACHABLE,
                    "The hub's answer for %s is not JSON: %s".formatted(question.subject(), start),
                    e);
        }
    }
}
