package dev.gorgon.server.tracing;

import dev.gorgon.server.tracing.FinishedRequest.Ask;
import dev.gorgon.server.tracing.FinishedRequest.Http;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import java.util.List;

/** What the span of a request says, in the words of OpenTelemetry's conventions for HTTP and for generative AI. */
final class SpanAttributes {
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private SpanAttributes() {}

    static void describe(Span span, FinishedRequest request) {
        Http http = request.http();
        Ask ask = request.ask();
        span.setAttribute("http.request.method", http.method());
        span.setAttribute("http.route", http.route());
        span.setAttribute("http.response.status_code", http.status());
        span.setAttribute("gen_ai.operation.name", http.operation());
        span.setAttribute("gen_ai.provider.name", "gorgon");
        span.setAttribute("gen_ai.request.model", ask.answering());
        span.setAttribute("gen_ai.response.model", ask.answering());
        span.setAttribute("gorgon.base_model", ask.model());
        span.setAttribute("gorgon.request_id", http.requestId());
        if (!ask.adapter().isEmpty()) {
            span.setAttribute("gorgon.adapter", ask.adapter());
        }
        if (ask.maxNewTokens() > 0) {
            span.setAttribute("gen_ai.request.max_tokens", ask.maxNewTokens());
            span.setAttribute("gen_ai.request.temperature", ask.temperature());
        }
        if (!request.completions().isEmpty()) {
            span.setAttribute(FINISH_REASONS, request.finishReasons());
            span.setAttribute("gen_ai.usage.input_tokens", ask.promptTokens());
            span.setAttribute("gen_ai.usage.output_tokens", request.generatedTokens());
        }
        if (!request.succeeded()) {
            span.setAttribute("error.type", request.failure());
        }
    }
}
