package dev.gorgon.server.lorax;

import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.generate.BodyOrder;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Order;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.http.BearerToken;
import dev.gorgon.server.http.EventStream;
import dev.gorgon.server.http.Streams;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/** Serves bodies as LoRAX does: in one piece, or as a stream that is opened before anything is checked. */
final class Answering {
    private final Vertx vertx;
    private final GenerateService service;

    Answering(Vertx vertx, GenerateService service) {
        this.vertx = vertx;
        this.service = service;
    }

    GenerateService service() {
        return service;
    }

    /** Starts watching the client; call on the request's event loop. */
    LiveRequest watch(HttpServerRequest request) {
        return LiveRequest.watch(vertx.getOrCreateContext(), request.response(), service.metrics());
    }

    /**
     * A request to be answered.
     *
     * @param addSpecialTokens whether the tokenizer adds its special tokens to the prompt
     */
    record Call(HttpServerRequest request, LiveRequest live, GenerateBody body, boolean addSpecialTokens) {}

    /** Answers in one piece. */
    void answer(Call call, AnswerFormat format) {
        service.start(
                call.live(),
                order(call, false),
                new SingleAnswer(call.request().response(), call.live(), format, headers(call), service.metrics()));
    }

    /** Answers with events. */
    void stream(Call call, AnswerFormat format) {
        HttpServerRequest request = call.request();
        LiveRequest live = call.live();
        EventStream events = new EventStream(
                vertx, request, service.config().timeouts(), () -> Streams.drop(request, live::abandon));
        live.onGone(events::close);
        request.response().putHeader("x-accel-buffering", "no").headers().addAll(headers(call));
        events.open();
        StreamAnswer answer =
                new StreamAnswer(events, live, format, service.metrics(), service.inference()::endsSequence);
        service.start(live, order(call, true), answer);
    }

    private Order order(Call call, boolean streaming) {
        return new BodyOrder(
                service,
                call.body(),
                PromptSource.text(call.body().inputs(), call.addSpecialTokens()),
                BearerToken.of(call.request()),
                streaming);
    }

    private MultiMap headers(Call call) {
        String inputs = call.body().inputs();
        return ResponseHeaders.identity(
                service.config().model(),
                inputs.codePointCount(0, inputs.length()),
                AdapterChoice.of(
                        call.body().adapter(),
                        service.config().defaultAdapterSource(),
                        BearerToken.of(call.request())));
    }
}
