package dev.gorgon.server.openai;

import dev.gorgon.server.generate.EncodedPrompt;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.json.JsonOut;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which tokens the prompt of a request is, without generating any: what routers in front of several servers ask for, to send
 * requests with equal beginnings to the same one. The paths and {@code token_ids} are vLLM's.
 */
public final class RenderRoutes {
    private static final Logger log = LoggerFactory.getLogger(RenderRoutes.class);

    private final Vertx vertx;
    private final Bodies bodies;
    private final GenerateService service;
    private final RequestReader reader;

    public RenderRoutes(Vertx vertx, Bodies bodies, GenerateService service) {
        this.vertx = vertx;
        this.bodies = bodies;
        this.service = service;
        this.reader = new RequestReader(service.config(), service.inference().vocabularySize());
    }

    /** {@code POST /v1/completions/render}: an array with an object per prompt. */
    public void completions(RoutingContext context) {
        handle(context, reader::completion);
    }

    /** {@code POST /v1/chat/completions/render}: one object. */
    public void chat(RoutingContext context) {
        handle(context, reader::chat);
    }

    private void handle(RoutingContext context, Function<byte[], OpenAiRequest> reading) {
        bodies.handleJson(context, OpenAiError.STYLE, json -> {
            OpenAiRequest request = reading.apply(json);
            Context loop = vertx.getOrCreateContext();
            service.encoder().execute(() -> answer(loop, context.response(), request));
        });
    }

    /** On the encoder's thread. */
    private void answer(Context loop, HttpServerResponse response, OpenAiRequest request) {
        try {
            String rendered = rendered(request);
            loop.runOnContext(done -> Replies.json(response, rendered));
        } catch (ApiException e) {
            loop.runOnContext(done -> OpenAiError.STYLE.error(response, e));
        } catch (RuntimeException e) {
            log.warn("a prompt could not be rendered", e);
            ApiException error = ApiException.validation("tokenizer error " + e.getMessage());
            loop.runOnContext(done -> OpenAiError.STYLE.error(response, error));
        }
    }

    private String rendered(OpenAiRequest request) {
        List<EncodedPrompt> prompts = request.prompts().stream()
                .map((PromptSource prompt) -> prompt.encode(service.inference()))
                .toList();
        return JsonOut.write(out -> {
            if (request.kind() == OpenAiRequest.Kind.CHAT) {
                prompt(out, request, prompts.getFirst());
            } else {
                out.array(prompts, prompt -> prompt(out, request, prompt));
            }
        });
    }

    private void prompt(JsonOut out, OpenAiRequest request, EncodedPrompt prompt) {
        String adapter = request.adapter().adapterId();
        String base = service.config().model().id();
        out.object(() -> out.text("model", adapter == null || adapter.isEmpty() ? base : adapter)
                .name("token_ids")
                .array(Arrays.stream(prompt.tokens()).boxed().toList(), out::item));
    }
}
