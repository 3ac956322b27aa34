package dev.gorgon.server.lorax;

import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.generate.BodyOrder;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateBodyReader;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Order;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.http.BearerToken;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.EventStream;
import dev.gorgon.server.http.Streams;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.UnaryOperator;

/** The native generate routes (LoRAX contract, sections 1.4, 1.7 and 1.8). */
public final class GenerateRoutes {
    private final Vertx vertx;
    private final Bodies bodies;
    private final GenerateService service;

    public GenerateRoutes(Vertx vertx, Bodies bodies, GenerateService service) {
        this.vertx = vertx;
        this.bodies = bodies;
        this.service = service;
    }

    /** {@code POST /generate}: one JSON object, whatever {@code stream} says. */
    public void generate(RoutingContext context) {
        bodies.handleJson(
                context, json -> answer(context.request(), GenerateBodyReader.read(json), UnaryOperator.identity()));
    }

    /** {@code POST /generate_stream}: events. */
    public void generateStream(RoutingContext context) {
        bodies.handleJson(context, json -> stream(context.request(), GenerateBodyReader.read(json)));
    }

    /** {@code POST /} and {@code /invocations}: events if {@code stream} is true, else an array of one JSON object. */
    public void compatible(RoutingContext context) {
        bodies.handleJson(context, json -> {
            GenerateBody body = GenerateBodyReader.read(json);
            if (body.stream()) {
                stream(context.request(), body);
            } else {
                answer(context.request(), body, object -> "[" + object + "]");
            }
        });
    }

    private void answer(HttpServerRequest request, GenerateBody body, UnaryOperator<String> wrapping) {
        LiveRequest live = watch(request);
        SingleAnswer answer =
                new SingleAnswer(request.response(), live, body, headers(request, body), service.metrics(), wrapping);
        service.start(live, order(request, body, false), answer);
    }

    private void stream(HttpServerRequest request, GenerateBody body) {
        LiveRequest live = watch(request);
        EventStream events = new EventStream(
                vertx, request, service.config().timeouts(), () -> Streams.drop(request, live::abandon));
        live.onGone(events::close);
        request.response().putHeader("x-accel-buffering", "no").headers().addAll(headers(request, body));
        events.open();
        StreamAnswer answer =
                new StreamAnswer(events, live, body, service.metrics(), service.inference()::endsSequence);
        service.start(live, order(request, body, true), answer);
    }

    private Order order(HttpServerRequest request, GenerateBody body, boolean streaming) {
        return new BodyOrder(service, body, PromptSource.text(body.inputs(), true), BearerToken.of(request), streaming);
    }

    private LiveRequest watch(HttpServerRequest request) {
        Context context = vertx.getOrCreateContext();
        return LiveRequest.watch(context, request.response(), service.metrics());
    }

    private MultiMap headers(HttpServerRequest request, GenerateBody body) {
        return ResponseHeaders.identity(
                service.config().model(),
                body.inputs().codePointCount(0, body.inputs().length()),
                AdapterChoice.of(body.adapter(), service.config().defaultAdapterSource(), BearerToken.of(request)));
    }
}
