package dev.gorgon.server.lorax;

import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateBodyReader;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.lorax.Answering.Call;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.UnaryOperator;

/** The native generate routes (LoRAX contract, sections 1.4, 1.7 and 1.8). */
public final class GenerateRoutes {
    private final Bodies bodies;
    private final Answering answering;

    public GenerateRoutes(Vertx vertx, Bodies bodies, GenerateService service) {
        this.bodies = bodies;
        this.answering = new Answering(vertx, service);
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
        answering.answer(call(request, body), new GenerateJson(body, wrapping));
    }

    private void stream(HttpServerRequest request, GenerateBody body) {
        answering.stream(call(request, body), new GenerateJson(body, UnaryOperator.identity()));
    }

    private Call call(HttpServerRequest request, GenerateBody body) {
        return new Call(request, answering.watch(request), body, true);
    }
}
