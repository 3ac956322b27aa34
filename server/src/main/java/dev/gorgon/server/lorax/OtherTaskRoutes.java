package dev.gorgon.server.lorax;

import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.ErrorStyle;
import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.JsonText;
import dev.gorgon.server.metrics.RequestMetrics;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Consumer;

/**
 * Routes for models that do something else than generating text (LoRAX contract, section 1.11): the model served here does not, so
 * well-formed requests get LoRAX's error for that.
 */
public final class OtherTaskRoutes {
    private static final String EMBEDDINGS = "Model does not support embeddings";
    private static final String CLASSIFICATION = "Model does not support classification";

    private final Bodies bodies;
    private final RequestMetrics metrics;
    private final ErrorStyle openAiStyle;

    /** @param openAiStyle how errors of {@code /v1/embeddings} are worded */
    public OtherTaskRoutes(Bodies bodies, RequestMetrics metrics, ErrorStyle openAiStyle) {
        this.bodies = bodies;
        this.metrics = metrics;
        this.openAiStyle = openAiStyle;
    }

    /** {@code POST /embed}. */
    public void embed(RoutingContext context) {
        refuse(context, ErrorStyle.LORAX, EMBEDDINGS, body -> body.requiredString("inputs"));
    }

    /** {@code POST /v1/embeddings}. */
    public void embeddings(RoutingContext context) {
        refuse(context, openAiStyle, EMBEDDINGS, body -> {});
    }

    /** {@code POST /classify}. */
    public void classify(RoutingContext context) {
        refuse(context, ErrorStyle.LORAX, CLASSIFICATION, body -> body.requiredString("inputs"));
    }

    /** {@code POST /classify_batch}. */
    public void classifyBatch(RoutingContext context) {
        refuse(context, ErrorStyle.LORAX, CLASSIFICATION, body -> body.requiredStrings("inputs"));
    }

    private void refuse(RoutingContext context, ErrorStyle style, String reason, Consumer<Fields> typing) {
        bodies.handleJson(context, style, json -> {
            typing.accept(JsonText.parse(json, "Request"));
            ApiException error = ApiException.unsupportedModel(reason);
            metrics.received();
            metrics.failed(error.failure());
            throw error;
        });
    }
}
