package dev.gorgon.server.tracing;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.metrics.Family;
import dev.gorgon.server.metrics.Page;
import dev.gorgon.server.tracing.FinishedRequest.Generated;
import dev.gorgon.server.tracing.FinishedRequest.Times;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server span per request, with a child per stage, in the words of OpenTelemetry's conventions for generative AI. Loaded only
 * when tracing is on.
 */
final class OtlpTracing implements Tracing {
    private static final Logger log = LoggerFactory.getLogger(OtlpTracing.class);

    private static final int QUEUE = 2048;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration DELAY = Duration.ofSeconds(1);
    private static final RetryPolicy RETRY = RetryPolicy.builder()
            .setMaxAttempts(3)
            .setInitialBackoff(Duration.ofMillis(200))
            .setMaxBackoff(Duration.ofSeconds(1))
            .build();

    private static final Family EXPORTED = Family.counter("gorgon_spans_exported_total", "Spans the collector took.");
    private static final Family FAILED =
            Family.counter("gorgon_spans_failed_total", "Spans that could not be sent and were dropped.");

    private final CountingExporter exporter;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    OtlpTracing(TracingSettings settings) {
        this(settings, otlp(settings));
    }

    /** @param sender takes the spans */
    OtlpTracing(TracingSettings settings, SpanExporter sender) {
        this.exporter = new CountingExporter(sender, settings.endpoint());
        AttributesBuilder resource = Attributes.builder();
        settings.resource().forEach(resource::put);
        resource.put("service.name", settings.serviceName());
        this.provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(resource.build())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.sampleRatio())))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setMaxQueueSize(QUEUE)
                        .setScheduleDelay(DELAY)
                        .setExporterTimeout(TIMEOUT)
                        .build())
                .build();
        this.tracer = provider.get("dev.gorgon.server");
        log.info("traces go to {}", settings.endpoint());
        if (settings.endpoint().getPort() == 4317) {
            log.warn("port 4317 usually takes OTLP over gRPC; Gorgon sends OTLP over HTTP, whose port is 4318");
        }
    }

    private static SpanExporter otlp(TracingSettings settings) {
        CountingExporter.silenceLibrary();
        OtlpHttpSpanExporterBuilder builder = OtlpHttpSpanExporter.builder()
                .setEndpoint(settings.endpoint().toString())
                .setTimeout(TIMEOUT)
                .setRetryPolicy(RETRY);
        settings.headers().forEach(builder::addHeader);
        return builder.build();
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public String record(FinishedRequest request) {
        try {
            return spans(request);
        } catch (RuntimeException e) {
            log.warn("a request could not be traced", e);
            return "";
        }
    }

    private String spans(FinishedRequest request) {
        Times times = request.times();
        Context caller =
                W3CTraceContextPropagator.getInstance().extract(Context.root(), request.http(), Headers.INSTANCE);
        SpanBuilder builder = tracer.spanBuilder(
                        request.http().operation() + " " + request.ask().answering())
                .setParent(caller)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(times.receivedEpochNanos(), TimeUnit.NANOSECONDS);
        Span root = builder.startSpan();
        if (root.isRecording()) {
            SpanAttributes.describe(root, request);
            if (!request.succeeded()) {
                root.setStatus(StatusCode.ERROR, request.failure());
            }
            Context context = Context.root().with(root);
            child(context, times, "validation", times.receivedNanos(), times.validatedNanos())
                    .end(times.epochNanos(times.validatedNanos()), TimeUnit.NANOSECONDS);
            if (!request.ask().adapter().isEmpty() && times.submittedNanos() != times.validatedNanos()) {
                child(context, times, "adapter resolution", times.validatedNanos(), times.submittedNanos())
                        .end(times.epochNanos(times.submittedNanos()), TimeUnit.NANOSECONDS);
            }
            request.generations().forEach(generation -> stages(context, times, generation));
        }
        root.end(times.epochNanos(times.endedNanos()), TimeUnit.NANOSECONDS);
        return root.getSpanContext().getTraceId();
    }

    private void stages(Context parent, Times times, Generated generation) {
        long end = generation.endedNanos() == 0 ? times.endedNanos() : generation.endedNanos();
        long started = generation.startedNanos() == 0 ? end : generation.startedNanos();
        Span queue = child(parent, times, "queue", generation.submittedNanos(), started);
        if (generation.adapterNanos() > 0) {
            long begun = started - generation.adapterNanos();
            child(Context.root().with(queue), times, "adapter load", begun, started)
                    .end(times.epochNanos(started), TimeUnit.NANOSECONDS);
        }
        queue.end(times.epochNanos(started), TimeUnit.NANOSECONDS);
        if (generation.startedNanos() == 0) {
            return;
        }
        long first = generation.firstTokenNanos() == 0 ? end : generation.firstTokenNanos();
        Span prefill = child(parent, times, "prefill", started, first);
        generation.completion().ifPresent(completion -> prefill(prefill, completion));
        prefill.end(times.epochNanos(first), TimeUnit.NANOSECONDS);
        if (generation.firstTokenNanos() != 0) {
            Span decode = child(parent, times, "decode", first, end);
            generation.completion().ifPresent(completion -> decode(decode, completion));
            decode.end(times.epochNanos(end), TimeUnit.NANOSECONDS);
        }
    }

    private static void prefill(Span span, Completion completion) {
        span.setAttribute("gorgon.prompt_tokens", completion.promptTokens());
        span.setAttribute("gorgon.cached_prompt_tokens", completion.cachedPromptTokens());
    }

    private static void decode(Span span, Completion completion) {
        span.setAttribute("gorgon.steps", completion.steps());
        span.setAttribute("gorgon.generated_tokens", completion.generatedTokens());
        span.setAttribute("gorgon.drafted_tokens", completion.draftedTokens());
        span.setAttribute("gorgon.accepted_tokens", completion.acceptedTokens());
    }

    private Span child(Context parent, Times times, String name, long from, long to) {
        long start = Math.min(from, to);
        return tracer.spanBuilder(name)
                .setParent(parent)
                .setStartTimestamp(times.epochNanos(start), TimeUnit.NANOSECONDS)
                .startSpan();
    }

    /** Sends what there is now, and waits for it for a few seconds at most. */
    void flush() {
        provider.forceFlush().join(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        provider.shutdown().join(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public List<Family> families() {
        return List.of(EXPORTED, FAILED);
    }

    @Override
    public void collect(Page page) {
        page.only(EXPORTED, exporter.exported());
        page.only(FAILED, exporter.failed());
    }

    /** The headers of trace context; bad ones are ignored by the library. */
    private enum Headers implements TextMapGetter<FinishedRequest.Http> {
        INSTANCE;

        @Override
        public @Nullable String get(FinishedRequest.@Nullable Http http, String key) {
            if (http == null) {
                return null;
            }
            String value = key.equals("traceparent") ? http.traceparent() : http.tracestate();
            return value.isEmpty() ? null : value;
        }
    }
}
