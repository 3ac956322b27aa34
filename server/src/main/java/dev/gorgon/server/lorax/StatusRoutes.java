package dev.gorgon.server.lorax;

import dev.gorgon.server.Inference;
import dev.gorgon.server.Limits;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Lifecycle;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.json.JsonOut;
import dev.gorgon.server.metrics.Exposition;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;

/** Routes that tell how the server is doing (LoRAX contract, sections 1.13 to 1.15). */
public final class StatusRoutes {
    private final ServerConfig config;
    private final Inference inference;
    private final Exposition metrics;
    private final Lifecycle lifecycle;

    public StatusRoutes(ServerConfig config, Inference inference, Exposition metrics, Lifecycle lifecycle) {
        this.config = config;
        this.inference = inference;
        this.metrics = metrics;
        this.lifecycle = lifecycle;
    }

    /**
     * {@code GET /health}, {@code /} and {@code /ping}: 200 with an empty body if requests are served, 503 if the engine failed
     * or the server is shutting down.
     */
    public void health(RoutingContext context) {
        if (inference.healthy() && !lifecycle.isDraining()) {
            Replies.empty(context.response(), 200);
        } else {
            Replies.error(context.response(), ApiException.unhealthy());
        }
    }

    /** {@code GET /info}. */
    public void info(RoutingContext context) {
        Replies.json(context.response(), JsonOut.write(out -> out.object(() -> info(out))));
    }

    private void info(JsonOut out) {
        Limits limits = config.limits();
        out.text("model_id", config.model().id());
        out.text("model_sha", config.model().sha());
        out.text("model_dtype", config.model().dtype());
        out.text("model_device_type", config.model().deviceType());
        out.text("model_pipeline_tag", config.model().pipelineTag());
        out.integer("max_concurrent_requests", limits.maxConcurrentRequests());
        out.integer("max_best_of", limits.maxBestOf());
        out.integer("max_stop_sequences", limits.maxStopSequences());
        out.integer("max_input_length", limits.maxInputLength());
        out.integer("max_total_tokens", limits.maxTotalTokens());
        out.real("waiting_served_ratio", config.batch().waitingServedRatio());
        out.integer("max_batch_total_tokens", config.batch().maxBatchTotalTokens());
        out.integer("max_waiting_tokens", config.batch().maxWaitingTokens());
        out.integer("validation_workers", config.batch().validationWorkers());
        out.flag("eager_prefill", config.batch().eagerPrefill());
        out.text("version", config.build().version());
        out.text("sha", config.build().sha());
        out.text("docker_label", config.build().dockerLabel());
        out.nothing("request_logger_url");
        // what LoRAX does not tell
        out.text("quantize", config.model().quantize());
        out.text("backend", config.model().backend());
    }

    /**
     * {@code GET /metrics}: Prometheus text, or JSON if {@code ?format=json} or the {@code Accept} header says so. LoRAX documents
     * the parameter and never understands it.
     */
    public void metrics(RoutingContext context) {
        String format = context.request().getParam("format");
        String accept = context.request().getHeader("accept");
        if (format == null) {
            format = accept != null && accept.contains("application/json") ? "json" : "prometheus";
        }
        switch (format) {
            case "json" -> Replies.json(context.response(), metrics.json());
            case "prometheus" ->
                Replies.send(context.response(), 200, Exposition.CONTENT_TYPE, Buffer.buffer(metrics.text()));
            default ->
                Replies.error(context.response(), ApiException.validation("`format` must be json or prometheus"));
        }
    }
}
