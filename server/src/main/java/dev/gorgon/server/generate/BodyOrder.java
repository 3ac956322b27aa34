package dev.gorgon.server.generate;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.server.Inference;
import dev.gorgon.server.generate.GenerationPlan.Options;
import dev.gorgon.server.http.ApiException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** An order in LoRAX's words: one prompt, rules and messages of section 1.5 of the contract. */
public final class BodyOrder implements Order {
    private final GenerateService service;
    private final GenerateBody body;
    private final PromptSource prompt;
    private final AdapterChoice adapter;
    private final boolean streaming;
    private final Checks checks;

    /**
     * @param prompt where the tokens come from
     * @param bearerToken of the {@code Authorization} header, or empty
     * @param streaming whether the answer is a stream, which allows less
     */
    public BodyOrder(
            GenerateService service, GenerateBody body, PromptSource prompt, String bearerToken, boolean streaming) {
        this.service = service;
        this.body = body;
        this.prompt = prompt;
        this.adapter = AdapterChoice.of(body.adapter(), service.config().defaultAdapterSource(), bearerToken);
        this.streaming = streaming;
        this.checks = new Checks(service.config().limits());
    }

    @Override
    public int generations() {
        return checks.completions(body, streaming);
    }

    @Override
    public GenerationPlan plan() {
        int completions = generations();
        checks.parameters(body, completions);
        return new GenerationPlan(
                List.of(this::truncated),
                completions,
                adapter,
                new Options(
                        body.length().stop(),
                        body.length().ignoreEos(),
                        body.output().promptDetails(),
                        orZero(body.output().alternatives()),
                        Options.speculation(body.length().speculativeTokens())),
                number -> sampling(),
                this::budget);
    }

    private EncodedPrompt truncated(Inference inference) {
        EncodedPrompt whole = prompt.encode(inference);
        return new EncodedPrompt(
                whole.text(), checks.truncate(whole.tokens(), body.length().truncate()));
    }

    private int budget(EncodedPrompt encoded) {
        if (encoded.tokens().length == 0) {
            throw ApiException.validation("`inputs` has no tokens");
        }
        return checks.budget(encoded.tokens().length, body.length().maxNewTokens());
    }

    /** Every completion draws its own seed, so that the seed in the answer brings back that completion on its own. */
    private SamplingParameters sampling() {
        Long seed = body.sampling().seed();
        return Sampling.parameters(
                body.sampling(),
                service.inference().vocabularySize(),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed,
                0,
                Map.of());
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }
}
