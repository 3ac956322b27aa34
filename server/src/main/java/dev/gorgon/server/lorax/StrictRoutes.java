package dev.gorgon.server.lorax;

import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.lorax.Answering.Call;
import dev.gorgon.server.lorax.StrictReader.Chat;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** OpenAI's routes exactly as LoRAX serves them (contract, section 1.9), for clients that count on its oddities. */
public final class StrictRoutes {
    private static final Logger log = LoggerFactory.getLogger(StrictRoutes.class);

    private final Bodies bodies;
    private final Answering answering;
    private final GenerateService service;
    private final StrictReader reader;

    public StrictRoutes(Vertx vertx, Bodies bodies, GenerateService service) {
        this.bodies = bodies;
        this.answering = new Answering(vertx, service);
        this.service = service;
        this.reader = new StrictReader(service.config().model().id());
    }

    /** {@code POST /v1/completions}. */
    public void completions(RoutingContext context) {
        bodies.handleJson(context, json -> {
            GenerateBody body = reader.completion(json);
            HttpServerRequest request = context.request();
            serve(new Call(request, answering.watch(request), body, true), false);
        });
    }

    /** {@code POST /v1/chat/completions}: what is wrong with the template is answered before a stream begins. */
    public void chat(RoutingContext context) {
        bodies.handleJson(context, json -> {
            Chat chat = reader.chat(json);
            LiveRequest live = answering.watch(context.request());
            if (chat.tools()) {
                refuse(context.request(), live, ApiException.tool("tools are not supported by this version"));
                return;
            }
            live.onCrash(error -> refuse(context.request(), live, error));
            service.encoder().execute(() -> render(context.request(), live, chat));
        });
    }

    /** On the encoder's thread. */
    private void render(HttpServerRequest request, LiveRequest live, Chat chat) {
        try {
            GenerateBody body = chat.body().withInputs(chat.prompt().render(service.inference()));
            live.run(() -> serve(new Call(request, live, body, false), true));
        } catch (ApiException e) {
            live.run(() -> refuse(request, live, e));
        } catch (RuntimeException e) {
            log.error("a chat template failed unexpectedly", e);
            live.run(() -> refuse(request, live, ApiException.internal()));
        }
    }

    private static void refuse(HttpServerRequest request, LiveRequest live, ApiException error) {
        if (live.fail(error)) {
            Replies.error(request.response(), error);
        }
    }

    private void serve(Call call, boolean chat) {
        ServerConfig config = service.config();
        AnswerFormat format = new StrictJson(
                call.body(), chat, config.model().id(), config.build().fingerprint());
        if (call.body().stream()) {
            answering.stream(call, format);
        } else {
            answering.answer(call, format);
        }
    }
}
