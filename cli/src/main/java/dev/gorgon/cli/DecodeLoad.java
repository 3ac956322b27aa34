package dev.gorgon.cli;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Requests that decode side by side, and when their tokens came. */
final class DecodeLoad implements GenerationListener {

    private final long[] times;
    private final CompletableFuture<Integer> done = new CompletableFuture<>();
    private int count;

    private DecodeLoad(int tokens) {
        times = new long[tokens];
    }

    /**
     * What was measured while all requests were decoding: from the last one's first token to the first one's last.
     *
     * @param gaps seconds between a request's tokens, of all requests
     */
    record Result(double tokensPerSecond, double[] gaps) {}

    /** Runs one request per selection, without speculation, and waits for all of them. */
    static Result run(Engine engine, List<AdapterSelection> selections, int promptTokens, int tokens) {
        List<DecodeLoad> loads = new ArrayList<>();
        for (int i = 0; i < selections.size(); i++) {
            int first = 100 * i;
            DecodeLoad load = new DecodeLoad(tokens);
            loads.add(load);
            engine.submit(
                    new GenerateRequest(
                            IntStream.range(first, first + promptTokens).toArray(),
                            selections.get(i),
                            SamplingParameters.GREEDY,
                            tokens,
                            List.of(),
                            true,
                            false,
                            0,
                            0),
                    load);
        }
        long from = Long.MIN_VALUE;
        long to = Long.MAX_VALUE;
        for (DecodeLoad load : loads) {
            int last = load.done.join() - 1;
            from = Math.max(from, load.times[0]);
            to = Math.min(to, load.times[last]);
        }
        List<Double> gaps = new ArrayList<>();
        for (DecodeLoad load : loads) {
            for (int i = 1; i < load.count; i++) {
                // the tokens of one step come within microseconds: a token of the first step may lie just before the
                // last one
                if (load.times[i - 1] <= from && load.times[i] > from
                        || load.times[i - 1] > from && load.times[i] <= to) {
                    gaps.add((load.times[i] - load.times[i - 1]) * 1e-9);
                }
            }
        }
        double mean = gaps.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        return new Result(
                loads.size() / mean,
                gaps.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public void onToken(TokenEvent token) {
        times[count++] = System.nanoTime();
    }

    @Override
    public void onFinish(Completion completion) {
        done.complete(count);
    }

    @Override
    public void onFailure(GenerationException failure) {
        done.completeExceptionally(failure);
    }
}
