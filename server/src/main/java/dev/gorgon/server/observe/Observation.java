package dev.gorgon.server.observe;

import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.tracing.FinishedRequest;
import dev.gorgon.server.tracing.FinishedRequest.Ask;
import dev.gorgon.server.tracing.FinishedRequest.Http;
import dev.gorgon.server.tracing.FinishedRequest.Times;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.MDC;

/**
 * Notes what happens to one generating request, and tells when it is over. Confined to the request's event loop; what the engine's
 * thread notes is in {@link WatchedGeneration}.
 */
public final class Observation {
    /** Name of the request's id in logs. */
    private static final String ID_IN_LOGS = "request_id";

    private final Observers observers;
    private final String method;
    private final String route;
    private final String requestId;
    private final String traceparent;
    private final String tracestate;
    private final long receivedNanos = System.nanoTime();
    private final long receivedEpochNanos = epochNanos();
    private final List<WatchedGeneration> generations = new CopyOnWriteArrayList<>();
    private long validatedNanos;
    private long submittedNanos;
    private String adapter = "";
    private int[] lastPrompt = {};
    private int promptTokens;
    private int maxNewTokens;
    private double temperature;

    Observation(Observers observers, HttpServerRequest request) {
        this.observers = observers;
        this.method = request.method().name();
        this.route = request.path() == null ? "" : request.path();
        this.requestId = RequestIds.of(request.response());
        boolean traced = observers.tracing().isOn();
        this.traceparent = traced ? header(request, "traceparent") : "";
        this.tracestate = traced ? header(request, "tracestate") : "";
    }

    private static String header(HttpServerRequest request, String name) {
        String value = request.getHeader(name);
        return value == null ? "" : value;
    }

    private static long epochNanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /** The request's id. */
    public String requestId() {
        return requestId;
    }

    /** Runs something so that what it logs carries the request's id. */
    public void inLogs(Runnable task) {
        String before = MDC.get(ID_IN_LOGS);
        MDC.put(ID_IN_LOGS, requestId);
        try {
            task.run();
        } finally {
            if (before == null) {
                MDC.remove(ID_IN_LOGS);
            } else {
                MDC.put(ID_IN_LOGS, before);
            }
        }
    }

    /** Which adapter is asked for; empty for the base model. */
    public void adapter(String name) {
        adapter = name;
    }

    /** The request is valid, its prompt is tokenized. */
    public void validated() {
        validatedNanos = System.nanoTime();
    }

    /** Watches a completion on its way through the engine; call right before it is submitted. */
    public GenerationListener watch(GenerateRequest request, GenerationListener listener) {
        submittedNanos = System.nanoTime();
        if (request.promptTokens() != lastPrompt) { // completions of one prompt follow each other, and share it
            lastPrompt = request.promptTokens();
            promptTokens += lastPrompt.length;
        }
        maxNewTokens = request.maxNewTokens();
        temperature = request.sampling().sample() ? request.sampling().temperature() : 0;
        WatchedGeneration generation =
                new WatchedGeneration(listener, observers.latencies(), receivedNanos, submittedNanos);
        generations.add(generation);
        return generation;
    }

    /** The answer is complete. */
    public void succeeded() {
        over(200, "");
    }

    /** The request failed. */
    public void failed(int status, String failure) {
        over(status, failure);
    }

    /** The client went away. */
    public void abandoned() {
        over(FinishedRequest.CLIENT_LEFT, "dropped");
    }

    private void over(int status, String failure) {
        if (!observers.tracing().isOn() && !AccessLog.isOn()) {
            return;
        }
        long now = System.nanoTime();
        long validated = validatedNanos == 0 ? now : validatedNanos;
        FinishedRequest finished = new FinishedRequest(
                new Http(method, route, requestId, status, traceparent, tracestate),
                new Ask(observers.model(), adapter, promptTokens, maxNewTokens, temperature),
                new Times(
                        receivedEpochNanos, receivedNanos, validated, submittedNanos == 0 ? now : submittedNanos, now),
                generations.stream().map(WatchedGeneration::noted).toList(),
                failure);
        inLogs(() -> AccessLog.write(finished, observers.tracing().record(finished)));
    }
}
