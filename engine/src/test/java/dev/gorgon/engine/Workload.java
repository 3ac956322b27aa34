package dev.gorgon.engine;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerateRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Requests of every kind — greedy and sampled, filters, penalties, seeds, adapters — and what they must always produce. */
final class Workload {

    static final String[] ADAPTERS = {
        "",
        "stheno-8m-pirate-lora",
        "stheno-8m-json-lora",
        "stheno-8m-terse-lora",
        "stheno-8m-medusa-5",
        "stheno-8m-pirate-lora-medusa",
        "stheno-8m-code-medusa",
        "stheno-8m-medusa-v1"
    };

    /** Favours and bans tokens among the commonest of the demo model, so that it changes what is chosen. */
    private static final Map<Integer, Float> BIAS = Map.of(13, 2.5f, 29871, -100f, 263, -3f, 278, 1.5f, 1_000_000, 9f);

    private static final SamplingParameters[] SAMPLING = {
        SamplingParameters.GREEDY,
        sampled(0.3f, 0, 1f, 1f, 1),
        sampled(0.7f, 20, 1f, 1f, 2),
        sampled(1f, 0, 0.9f, 1f, 3),
        sampled(1.5f, 50, 0.95f, 1f, -4),
        sampled(1f, 0, 1f, 0.8f, 5),
        new SamplingParameters(false, 1f, 0, 1f, 1f, 1.3f, 0f, 0f, false, 0, 0),
        new SamplingParameters(true, 0.8f, 40, 0.9f, 1f, 1.1f, 0.5f, 0.3f, true, 99, 1),
        new SamplingParameters(false, 1f, 0, 1f, 1f, 1f, 1.5f, -0.5f, false, 0, 0),
        new SamplingParameters(false, 1f, 0, 1f, 1f, 1f, 0f, 0f, false, 0, 0, BIAS),
        new SamplingParameters(true, 1f, 0, 1f, 1f, 1.1f, 0.5f, 0.3f, false, 7, 3, BIAS),
    };

    private Workload() {}

    private static SamplingParameters sampled(float temperature, int topK, float topP, float typicalP, long seed) {
        return new SamplingParameters(true, temperature, topK, topP, typicalP, 1f, 0f, 0f, false, seed, 0);
    }

    /** One request, for any engine: the adapter by name. */
    record Item(int[] prompt, String adapter, SamplingParameters sampling, int maxNewTokens, int alternatives) {

        GenerateRequest on(TestEngine engine, boolean promptLogprobs) {
            AdapterSelection chosen =
                    adapter.isEmpty() ? AdapterSelection.DEFAULT : AdapterSelection.of(engine.adapter(adapter));
            return new GenerateRequest(
                    prompt,
                    chosen,
                    sampling,
                    maxNewTokens,
                    List.of(),
                    true,
                    promptLogprobs,
                    alternatives,
                    GenerateRequest.ANY_SPECULATION);
        }
    }

    /** What must not change. */
    record Answer(int[] ids, int[] logprobBits) {

        static Answer of(TestEngine.Result result) {
            int[] bits = IntStream.range(0, result.logprobs().length)
                    .map(i -> Float.floatToRawIntBits(result.logprobs()[i]))
                    .toArray();
            return new Answer(result.ids(), bits);
        }

        boolean same(Answer other) {
            return Arrays.equals(ids, other.ids) && Arrays.equals(logprobBits, other.logprobBits);
        }
    }

    /** A mixture that combines prompts, adapters and ways of sampling; end-of-sequence tokens do not end it. */
    static List<Item> items(int count) {
        List<Reference.Prompt> prompts = Reference.prompts();
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(new Item(
                    prompts.get(i * 5 % prompts.size()).ids(),
                    ADAPTERS[i % ADAPTERS.length],
                    SAMPLING[i % SAMPLING.length],
                    20 + i % 17,
                    i % 4 == 3 ? 3 : 0));
        }
        return items;
    }

    /** Runs one after the other. */
    static List<TestEngine.Result> alone(TestEngine engine, List<Item> items) {
        return items.stream().map(item -> engine.run(item.on(engine, false))).toList();
    }

    /** Runs all at once. */
    static List<TestEngine.Result> together(TestEngine engine, List<Item> items) {
        List<CompletableFuture<TestEngine.Result>> results = items.stream()
                .map(item -> engine.submit(item.on(engine, false)))
                .toList();
        return results.stream().map(TestEngine::await).toList();
    }
}
