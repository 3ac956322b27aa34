package dev.gorgon.server.openai;

import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.http.BearerToken;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.EventStream;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.http.Streams;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;

/** The routes of OpenAI's API that generate text. */
public final class OpenAiRoutes {
    private final Vertx vertx;
    private final Bodies bodies;
    private final GenerateService service;
    private final RequestReader reader;

    public OpenAiRoutes(Vertx vertx, Bodies bodies, GenerateService service) {
        this.vertx = vertx;
        this.bodies = bodies;
        this.service = service;
        this.reader = new RequestReader(service.config(), service.inference().vocabularySize());
    }

    /** {@code POST /v1/completions}. */
    public void completions(RoutingContext context) {
        handle(context, reader::completion);
    }

    /** {@code POST /v1/chat/completions}. */
    public void chat(RoutingContext context) {
        handle(context, reader::chat);
    }

    private void handle(RoutingContext context, Function<byte[], OpenAiRequest> reading) {
        bodies.handleJson(context, OpenAiError.STYLE, json -> start(context.request(), reading.apply(json)));
    }

    private void start(HttpServerRequest http, OpenAiRequest request) {
        LiveRequest live = LiveRequest.watch(vertx.getOrCreateContext(), http.response(), service.metrics());
        AdapterChoice adapter =
                AdapterChoice.of(request.adapter(), service.config().defaultAdapterSource(), BearerToken.of(http));
        Serving serving = new Serving(service, live, request, adapter);
        service.start(
                live,
                new OpenAiOrder(service, request, adapter),
                request.output().stream() ? stream(http, serving) : new SingleAnswer(http.response(), serving));
    }

    private StreamAnswer stream(HttpServerRequest http, Serving serving) {
        LiveRequest live = serving.live();
        EventStream events =
                new EventStream(vertx, http, service.config().timeouts(), () -> Streams.drop(http, live::abandon));
        live.onGone(events::close);
        return new StreamAnswer(vertx, http.response(), events, serving);
    }
}
