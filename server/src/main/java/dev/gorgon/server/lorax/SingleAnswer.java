package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.generate.CompletionCollector;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.generate.Responder;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.metrics.Durations;
import dev.gorgon.server.metrics.RequestMetrics;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Answers with one JSON document when all completions are there. Confined to the request's event loop. */
final class SingleAnswer implements Responder {
    private final HttpServerResponse response;
    private final LiveRequest live;
    private final AnswerFormat format;
    private final MultiMap headers;
    private final RequestMetrics metrics;
    private final List<CompletionCollector> collectors = new ArrayList<>();

    SingleAnswer(
            HttpServerResponse response,
            LiveRequest live,
            AnswerFormat format,
            MultiMap headers,
            RequestMetrics metrics) {
        this.response = response;
        this.live = live;
        this.format = format;
        this.headers = headers;
        this.metrics = metrics;
    }

    @Override
    public GenerationListener listener(Prepared prepared, int index) {
        CompletionCollector collector = new CompletionCollector(
                prepared.requests().get(index),
                format.showsTokens(),
                live,
                () -> completed(prepared),
                failure -> fail(ApiException.generation(failure)));
        collectors.add(collector);
        return collector;
    }

    private void completed(Prepared prepared) {
        boolean all = collectors.size() == prepared.requests().size()
                && collectors.stream().allMatch(CompletionCollector::isDone);
        if (!all || !live.succeed()) {
            return;
        }
        // The first of equals wins, as in LoRAX.
        CompletionCollector winner = collectors.stream()
                .max(Comparator.comparingDouble(CompletionCollector::meanLogprob))
                .orElseThrow();
        List<CompletionCollector> losers =
                collectors.stream().filter(other -> other != winner).toList();
        collectors.forEach(collector -> collector.skips().forEachStep(metrics::step));
        Durations durations = Durations.until(System.nanoTime(), prepared, winner.completion());
        metrics.succeeded(durations, winner.completion());
        ResponseHeaders.measurements(headers, durations, winner.completion());
        Replies.json(response, headers, format.answer(winner, losers));
    }

    @Override
    public void fail(ApiException error) {
        if (live.fail(error)) {
            Replies.error(response, error);
        }
    }
}
