package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.BodyOrder;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateBodyReader;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.generate.PromptSource;
import dev.gorgon.server.generate.Responder;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Replies;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;

/** {@code GET /startup} (LoRAX contract, section 1.14): generates one token, so that what follows finds the server warm. */
public final class StartupRoute {
    private static final GenerateBody PROBE = GenerateBodyReader.read(
            "{\"inputs\":\"Who?\",\"parameters\":{\"max_new_tokens\":1}}".getBytes(StandardCharsets.UTF_8));

    private final Vertx vertx;
    private final GenerateService service;

    public StartupRoute(Vertx vertx, GenerateService service) {
        this.vertx = vertx;
        this.service = service;
    }

    /** 200 with an empty body, or 500 with the error. */
    public void startup(RoutingContext context) {
        HttpServerResponse response = context.response();
        LiveRequest live = LiveRequest.watch(vertx.getOrCreateContext(), response, service.metrics());
        service.probe(
                live,
                new BodyOrder(service, PROBE, PromptSource.text(PROBE.inputs(), true), "", false),
                new Probe(response, live));
    }

    /** Answers with what became of the token. */
    private static final class Probe implements Responder, GenerationListener {
        private final HttpServerResponse response;
        private final LiveRequest live;
        private volatile boolean hasText;

        Probe(HttpServerResponse response, LiveRequest live) {
            this.response = response;
            this.live = live;
        }

        @Override
        public GenerationListener listener(Prepared prepared, int index) {
            return this;
        }

        @Override
        public void onToken(TokenEvent token) {
            hasText |= !token.text().isEmpty();
        }

        @Override
        public void onFinish(Completion completion) {
            live.run(() -> {
                if (!hasText) {
                    fail(ApiException.emptyGeneration());
                } else if (live.succeed()) {
                    Replies.empty(response, 200);
                }
            });
        }

        @Override
        public void onFailure(GenerationException failure) {
            live.run(() -> fail(ApiException.generation(failure)));
        }

        @Override
        public void fail(ApiException error) {
            if (live.fail(error)) {
                Replies.send(response, 500, "application/json", error.json());
            }
        }
    }
}
