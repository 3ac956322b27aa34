package dev.gorgon.server.lorax;

import dev.gorgon.server.Inference;
import dev.gorgon.server.Piece;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.JsonOut;
import dev.gorgon.server.json.JsonText;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /tokenize} (LoRAX contract, section 1.12). */
public final class TokenizeRoute {
    private static final Logger log = LoggerFactory.getLogger(TokenizeRoute.class);

    private final Vertx vertx;
    private final Bodies bodies;
    private final Inference inference;
    private final Executor encoder;

    /** @param encoder where texts are tokenized */
    public TokenizeRoute(Vertx vertx, Bodies bodies, Inference inference, Executor encoder) {
        this.vertx = vertx;
        this.bodies = bodies;
        this.inference = inference;
        this.encoder = encoder;
    }

    /** Answers with an array of {@code {id, text, start, stop}}. */
    public void tokenize(RoutingContext context) {
        bodies.handleJson(context, json -> {
            Fields body = JsonText.parse(json, "TokenizeRequest");
            String inputs = body.requiredString("inputs");
            Boolean addSpecialTokens = body.optionalFlag("add_special_tokens");
            Context loop = vertx.getOrCreateContext();
            HttpServerResponse response = context.response();
            encoder.execute(() -> answer(loop, response, inputs, addSpecialTokens == null || addSpecialTokens));
        });
    }

    private void answer(Context loop, HttpServerResponse response, String inputs, boolean addSpecialTokens) {
        try {
            String pieces = json(inference.pieces(inputs, addSpecialTokens));
            loop.runOnContext(done -> Replies.json(response, pieces));
        } catch (RuntimeException e) {
            log.warn("tokenize failed", e);
            ApiException error = ApiException.validation("tokenizer error " + e.getMessage());
            loop.runOnContext(done -> Replies.error(response, error));
        }
    }

    private static String json(List<Piece> pieces) {
        return JsonOut.write(out -> out.array(
                pieces,
                piece -> out.object(() -> out.integer("id", piece.id())
                        .text("text", piece.text())
                        .integer("start", piece.start())
                        .integer("stop", piece.stop()))));
    }
}
