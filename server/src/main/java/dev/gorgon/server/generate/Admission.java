package dev.gorgon.server.generate;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request between its body and the engine: permit, validation, tokenization, adapter, submission, in this order (LoRAX
 * contract, section 1.5). Each stage runs on the request's event loop and starts the next one when what it waits for is there;
 * a client that leaves in between ends it there.
 */
final class Admission {
    private static final Logger log = LoggerFactory.getLogger(Admission.class);

    private final GenerateService service;
    private final LiveRequest live;
    private final GenerateBody body;
    private final Responder responder;
    private final Checks checks;

    Admission(GenerateService service, LiveRequest live, GenerateBody body, Responder responder) {
        this.service = service;
        this.live = live;
        this.body = body;
        this.responder = responder;
        this.checks = new Checks(service.config().limits());
    }

    void start(String bearerToken, boolean streaming) {
        orFail(() -> {
            service.intake().lifecycle().requireServing();
            int completions = checks.completions(body, streaming);
            live.atEnd(service.intake().permits().acquire(completions)::release);
            live.limitTime(service.config().timeouts().request());
            checks.parameters(body, completions);
            AdapterChoice adapter =
                    AdapterChoice.of(body.adapter(), service.config().defaultAdapterSource(), bearerToken);
            service.encoder().execute(() -> encode(completions, adapter));
        });
    }

    /** On the encoder's thread. */
    private void encode(int completions, AdapterChoice adapter) {
        if (live.isOver()) {
            return;
        }
        try {
            int[] tokens = service.inference().encode(body.inputs(), true);
            live.run(() -> orFail(() -> encoded(tokens, completions, adapter)));
        } catch (RuntimeException e) {
            live.run(() -> responder.fail(ApiException.validation("tokenizer error " + e.getMessage())));
        }
    }

    private void encoded(int[] all, int completions, AdapterChoice adapter) {
        int[] tokens = checks.truncate(all, body.length().truncate());
        if (tokens.length == 0) {
            throw ApiException.validation("`inputs` has no tokens");
        }
        int maxNewTokens = checks.budget(tokens.length, body.length().maxNewTokens());
        List<QueuedTokens.Place> places = queue((long) tokens.length + maxNewTokens, completions);
        service.metrics().validated(tokens.length, maxNewTokens);
        long validatedNanos = System.nanoTime();
        selection(adapter)
                .whenComplete((selected, failure) -> live.run(() -> orFail(() -> {
                    if (failure != null) {
                        throw ApiException.adapter(unwrap(failure));
                    }
                    submit(requests(tokens, maxNewTokens, completions, selected), places, validatedNanos);
                })));
    }

    /** A place in the queue for each completion; all are given up when the request ends, if not before. */
    private List<QueuedTokens.Place> queue(long tokens, int completions) {
        List<QueuedTokens.Place> places = new ArrayList<>();
        for (int i = 0; i < completions; i++) {
            QueuedTokens.Place place = service.intake().queue().enter(tokens);
            live.atEnd(place::leave);
            places.add(place);
        }
        return places;
    }

    /** Which weights answer, once their source has agreed. */
    private CompletableFuture<AdapterSelection> selection(AdapterChoice choice) {
        return switch (choice) {
            case AdapterChoice.Default d -> CompletableFuture.completedFuture(AdapterSelection.DEFAULT);
            case AdapterChoice.Base b -> CompletableFuture.completedFuture(AdapterSelection.BASE);
            case AdapterChoice.Named named ->
                service.inference().adapters().resolve(named.reference()).thenApply(AdapterSelection::of);
            case AdapterChoice.Merged merged ->
                service.inference()
                        .adapters()
                        .resolveMerged(merged.references(), merged.spec())
                        .thenApply(AdapterSelection::of);
        };
    }

    private List<GenerateRequest> requests(int[] tokens, int maxNewTokens, int completions, AdapterSelection adapter) {
        List<GenerateRequest> requests = new ArrayList<>();
        for (int i = 0; i < completions; i++) {
            requests.add(new GenerateRequest(
                    tokens,
                    adapter,
                    sampling(),
                    maxNewTokens,
                    body.length().stop(),
                    body.length().ignoreEos(),
                    body.output().promptDetails(),
                    orZero(body.output().alternatives()),
                    speculation()));
        }
        return requests;
    }

    /** Every completion draws its own seed, so that the seed in the answer brings back that completion on its own. */
    private SamplingParameters sampling() {
        Long seed = body.sampling().seed();
        return Sampling.parameters(
                body.sampling(),
                service.inference().vocabularySize(),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed);
    }

    private int speculation() {
        Long tokens = body.length().speculativeTokens();
        return tokens == null ? GenerateRequest.ANY_SPECULATION : (int) Math.min(tokens, Integer.MAX_VALUE);
    }

    private void submit(List<GenerateRequest> requests, List<QueuedTokens.Place> places, long validatedNanos) {
        Prepared prepared = new Prepared(requests, live.receivedNanos(), validatedNanos, System.nanoTime());
        for (int i = 0; i < requests.size(); i++) {
            try {
                GenerationListener listener = places.get(i).leavingAtFirstEvent(responder.listener(prepared, i));
                live.add(service.inference().submit(requests.get(i), listener));
            } catch (RuntimeException e) {
                throw ApiException.generation(e);
            }
        }
    }

    private void orFail(Runnable stage) {
        try {
            stage.run();
        } catch (ApiException e) {
            responder.fail(e);
        } catch (RuntimeException e) {
            log.error("request failed unexpectedly", e);
            responder.fail(ApiException.internal());
        }
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
