package dev.gorgon.server.openai;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.server.Limits;
import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.generate.EncodedPrompt;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.GenerationPlan;
import dev.gorgon.server.generate.GenerationPlan.Options;
import dev.gorgon.server.generate.Order;
import dev.gorgon.server.generate.Sampling;
import dev.gorgon.server.http.ApiException;
import java.util.concurrent.ThreadLocalRandom;

/** What a request of OpenAI's API orders. */
final class OpenAiOrder implements Order {
    private final GenerateService service;
    private final OpenAiRequest request;
    private final AdapterChoice adapter;

    OpenAiOrder(GenerateService service, OpenAiRequest request, AdapterChoice adapter) {
        this.service = service;
        this.request = request;
        this.adapter = adapter;
    }

    @Override
    public int generations() {
        return request.prompts().size() * request.output().bestOf();
    }

    @Override
    public GenerationPlan plan() {
        return new GenerationPlan(
                request.prompts(),
                request.output().bestOf(),
                adapter,
                new Options(
                        request.lengths().stop(),
                        request.lengths().ignoreEos(),
                        request.output().promptLogprobs(),
                        request.output().logprobs().orElse(0),
                        Options.speculation(request.lengths().speculativeTokens())),
                this::sampling,
                this::maxNewTokens);
    }

    /**
     * The choices of a prompt share the request's seed and have noise of their own, the stream with their number: the first is
     * what a request for one choice would get. Without a seed each draws its own.
     */
    private SamplingParameters sampling(int number) {
        Long seed = request.sampling().seed();
        return Sampling.parameters(
                request.sampling(),
                service.inference().vocabularySize(),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed,
                seed == null ? 0 : number,
                request.logitBias());
    }

    private int maxNewTokens(EncodedPrompt prompt) {
        int promptTokens = prompt.tokens().length;
        String field = request.kind().promptField();
        if (promptTokens == 0) {
            throw ApiException.badRequest(field, "", "`" + field + "` has no tokens");
        }
        Limits limits = service.config().limits();
        Long asked = request.lengths().maxTokens();
        long room = (long) limits.maxTotalTokens() - promptTokens;
        if (promptTokens > limits.maxInputLength() || room < 1) {
            throw tooLong(
                    field,
                    "this server takes at most %d prompt tokens, but `%s` has %d"
                            .formatted(limits.maxInputLength(), field, promptTokens));
        }
        if (asked != null && asked > room) {
            throw tooLong(
                    request.kind().lengthField(),
                    "this server's context length is %d tokens, but the request asks for %d: %d in `%s`, %d to generate"
                            .formatted(limits.maxTotalTokens(), promptTokens + asked, promptTokens, field, asked));
        }
        return (int) (asked == null ? room : Math.max(1, asked));
    }

    private static ApiException tooLong(String field, String message) {
        return ApiException.badRequest(field, "context_length_exceeded", message);
    }
}
