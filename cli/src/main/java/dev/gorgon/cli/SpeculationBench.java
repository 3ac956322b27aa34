package dev.gorgon.cli;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Speculation on against speculation off, one sequence at a time, on the prompts that come with the demonstration model. */
final class SpeculationBench {

    private static final int MAX_NEW_TOKENS = 256;
    private final ServedModel served;
    private final PrintStream out;
    /** From first tokens to ends, over a pass; written by the engine thread, read once a request is done. */
    private long decodeNanos;

    SpeculationBench(ServedModel served, PrintStream out) {
        this.served = served;
        this.out = out;
    }

    /** What one pass over some prompts took. */
    private record Pass(
            double seconds, double decodeSeconds, int requests, int tokens, int accepted, double overheadMicros) {

        double tokensPerSecond() {
            return tokens / seconds;
        }

        /** After the first token of each request, which comes with the prompt. */
        double decodedPerSecond() {
            return (tokens - requests) / decodeSeconds;
        }

        double tokensPerStep() {
            return (double) tokens / (tokens - accepted);
        }
    }

    void run(int runs, int perDomain) {
        Map<String, List<int[]>> domains = prompts(perDomain);
        List<int[]> all = domains.values().stream().flatMap(List::stream).toList();
        out.printf(
                "%s, %s, adapter %s: %d prompts, up to %d tokens each, one sequence at a time, median of %d runs%n%n",
                served.model().id(),
                served.model().backend().name(),
                served.engine().defaultAdapter().map(adapter -> adapter.name()).orElse("none"),
                all.size(),
                MAX_NEW_TOKENS,
                runs);
        // long enough for the JIT compiler to have seen both ways
        for (int i = 0; i < 8; i++) {
            pass(all, 0);
            pass(all, GenerateRequest.ANY_SPECULATION);
        }
        out.println("| domain | tokens/step | tokens/s off | tokens/s on | speed-up | of decoding alone |");
        out.println("|---|---|---|---|---|---|");
        domains.forEach((domain, prompts) -> report(domain, prompts, runs));
        report("all", all, runs);
        Pass off = pass(all, 0);
        Pass on = pass(all, GenerateRequest.ANY_SPECULATION);
        out.printf(
                "%nscheduling, sampling and events: %.1f us per step with speculation off, %.1f us on%n",
                off.overheadMicros, on.overheadMicros);
    }

    private void report(String domain, List<int[]> prompts, int runs) {
        double[] off = new double[runs];
        double[] on = new double[runs];
        double[] decodeOff = new double[runs];
        double[] decodeOn = new double[runs];
        double tokensPerStep = 0;
        for (int run = 0; run < runs; run++) {
            Pass plain = pass(prompts, 0);
            Pass pass = pass(prompts, GenerateRequest.ANY_SPECULATION);
            off[run] = plain.tokensPerSecond();
            on[run] = pass.tokensPerSecond();
            decodeOff[run] = plain.decodedPerSecond();
            decodeOn[run] = pass.decodedPerSecond();
            tokensPerStep = pass.tokensPerStep();
        }
        out.printf(
                "| %s | %.2f | %.0f | %.0f | %.2f | %.2f |%n",
                domain,
                tokensPerStep,
                Medians.median(off),
                Medians.median(on),
                Medians.medianRatio(on, off),
                Medians.medianRatio(decodeOn, decodeOff));
    }

    private Pass pass(List<int[]> prompts, int speculativeTokens) {
        EngineStats before = served.engine().stats();
        long start = System.nanoTime();
        int tokens = 0;
        int accepted = 0;
        decodeNanos = 0;
        for (int[] prompt : prompts) {
            Completion completion = generate(prompt, speculativeTokens);
            tokens += completion.generatedTokens();
            accepted += completion.acceptedTokens();
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        EngineStats after = served.engine().stats();
        double overhead = (after.overheadNanos() - before.overheadNanos()) * 1e-3 / (after.steps() - before.steps());
        return new Pass(seconds, decodeNanos * 1e-9, prompts.size(), tokens, accepted, overhead);
    }

    private Completion generate(int[] prompt, int speculativeTokens) {
        CompletableFuture<Completion> done = new CompletableFuture<>();
        served.engine()
                .submit(
                        new GenerateRequest(
                                prompt,
                                AdapterSelection.DEFAULT,
                                SamplingParameters.GREEDY,
                                MAX_NEW_TOKENS,
                                List.of(),
                                false,
                                false,
                                0,
                                speculativeTokens),
                        new GenerationListener() {
                            private long first;

                            @Override
                            public void onToken(TokenEvent token) {
                                first = first == 0 ? System.nanoTime() : first;
                            }

                            @Override
                            public void onFinish(Completion completion) {
                                decodeNanos += System.nanoTime() - first;
                                done.complete(completion);
                            }

                            @Override
                            public void onFailure(GenerationException failure) {
                                done.completeExceptionally(failure);
                            }
                        });
        return done.join();
    }

    private Map<String, List<int[]>> prompts(int perDomain) {
        Map<String, List<int[]>> domains = new TreeMap<>();
        HeldOut.byDomain(perDomain)
                .forEach((domain, conversations) -> domains.put(
                        domain,
                        conversations.stream()
                                .map(conversation -> served.model().tokenizer().encode(conversation.prompt(), true))
                                .toList()));
        return domains;
    }
}
