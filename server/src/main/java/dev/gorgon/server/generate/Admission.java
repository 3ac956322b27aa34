package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request between its body and the engine: permits, validation, tokenization, adapter, submission, in this order (LoRAX
 * contract, section 1.5). Each stage runs on the request's event loop and starts the next one when what it waits for is there;
 * a client that leaves in between ends it there.
 */
final class Admission {
    private static final Logger log = LoggerFactory.getLogger(Admission.class);

    /** Prompts shorter than this are not worth waiting for their keys and values. */
    private static final int SHARED_PROMPT_TOKENS = 64;

    private final GenerateService service;
    private final LiveRequest live;
    private final Order order;
    private final Responder responder;

    Admission(GenerateService service, LiveRequest live, Order order, Responder responder) {
        this.service = service;
        this.live = live;
        this.order = order;
        this.responder = responder;
    }

    void start() {
        orFail(() -> {
            int generations = order.generations();
            live.hold(service.permits().tryAcquire(generations).orElseThrow(ApiException::overloaded));
            GenerationPlan plan = order.plan();
            service.encoder().execute(() -> encode(plan));
        });
    }

    /** On the encoder's thread. */
    private void encode(GenerationPlan plan) {
        List<EncodedPrompt> prompts = new ArrayList<>();
        try {
            for (PromptSource prompt : plan.prompts()) {
                if (live.isOver()) {
                    return;
                }
                prompts.add(prompt.encode(service.inference()));
            }
            live.run(() -> orFail(() -> encoded(plan, prompts)));
        } catch (ApiException e) {
            live.run(() -> responder.fail(e));
        } catch (RuntimeException e) {
            live.run(() -> responder.fail(ApiException.validation("tokenizer error " + e.getMessage())));
        }
    }

    private void encoded(GenerationPlan plan, List<EncodedPrompt> prompts) {
        int[] maxNewTokens = new int[prompts.size()];
        for (int i = 0; i < maxNewTokens.length; i++) {
            maxNewTokens[i] = plan.budget().maxNewTokens(prompts.get(i));
            service.metrics().validated(prompts.get(i).tokens().length, maxNewTokens[i]);
        }
        long validatedNanos = System.nanoTime();
        responder.encoded(prompts);
        selection(plan.adapter())
                .whenComplete((selected, failure) -> live.run(() -> orFail(() -> {
                    if (failure != null) {
                        throw ApiException.adapter(unwrap(failure));
                    }
                    submit(
                            plan,
                            new Prepared(
                                    prompts,
                                    requests(plan, prompts, maxNewTokens, selected),
                                    live.receivedNanos(),
                                    validatedNanos,
                                    System.nanoTime()));
                })));
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

    private static List<GenerateRequest> requests(
            GenerationPlan plan, List<EncodedPrompt> prompts, int[] maxNewTokens, AdapterSelection adapter) {
        List<GenerateRequest> requests = new ArrayList<>();
        for (int i = 0; i < maxNewTokens.length; i++) {
            for (int number = 0; number < plan.perPrompt(); number++) {
                requests.add(plan.request(prompts.get(i), maxNewTokens[i], number, adapter));
            }
        }
        return requests;
    }

    /**
     * Several completions of one long prompt start after the first one's first token: by then they find the prompt's keys and
     * values and need not compute them again.
     */
    private void submit(GenerationPlan plan, Prepared prepared) {
        for (int i = 0; i < prepared.prompts().size(); i++) {
            int first = i * plan.perPrompt();
            int end = first + plan.perPrompt();
            GenerationListener listener = responder.listener(prepared, first);
            boolean waits = plan.perPrompt() > 1
                    && !plan.options().promptLogprobs()
                    && prepared.prompts().get(i).tokens().length >= SHARED_PROMPT_TOKENS;
            if (waits) {
                Runnable others = () -> orFail(() -> submit(prepared, first + 1, end));
                submit(prepared.requests().get(first), new FirstTokenListener(listener, () -> live.run(others)));
            } else {
                submit(prepared.requests().get(first), listener);
                submit(prepared, first + 1, end);
            }
        }
        responder.started();
    }

    private void submit(Prepared prepared, int from, int to) {
        for (int i = from; i < to; i++) {
            submit(prepared.requests().get(i), responder.listener(prepared, i));
        }
    }

    private void submit(GenerateRequest request, GenerationListener listener) {
        try {
            live.add(service.inference().submit(request, listener));
        } catch (RuntimeException e) {
            throw ApiException.generation(e);
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

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
