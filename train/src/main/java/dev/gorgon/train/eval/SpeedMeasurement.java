package dev.gorgon.train.eval;

import dev.gorgon.engine.schedule.GenerateRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What speculation gains in time: prompt after prompt, one request at a time, with and without it in turn, several times over.
 * Alternating lets a machine that becomes slower be slower for both.
 */
final class SpeedMeasurement {

    private static final long WARM_UP_NANOS = 4_000_000_000L;
    private static final int WARM_UP_ROUNDS = 8;

    private final EngineRuns runs;
    private final List<Measured> prompts;
    private final int repetitions;
    private boolean exact = true;

    /** A prompt and the answer that it must get. */
    record Measured(EvaluationPrompt prompt, int[] answer) {}

    SpeedMeasurement(EngineRuns runs, List<Measured> prompts, int repetitions) {
        this.runs = runs;
        this.prompts = prompts;
        this.repetitions = repetitions;
    }

    /** Sums over some prompts in one run. */
    private static final class Sum {
        private int prompts;
        private long tokens;
        private long chainSteps;
        private long passes;
        private long nanos;
        private long decodingNanos;

        void add(EngineRuns.Answer answer) {
            prompts++;
            tokens += answer.tokens().length;
            chainSteps += answer.chainSteps();
            passes += answer.completion().steps();
            nanos += answer.nanos();
            decodingNanos += answer.decodingNanos();
        }
    }

    /** One run, with and without speculation. */
    private record Run(Sum off, Sum on) {}

    /** Measures. @return by domain, all prompts under {@link HeadEvaluation#ALL} */
    Map<String, EvaluationReport.Speed> run(EvaluationListener listener) {
        warmUp();
        Map<String, List<Run>> byDomain = new LinkedHashMap<>();
        for (int repetition = 0; repetition < repetitions; repetition++) {
            Map<String, Run> sums = new LinkedHashMap<>();
            for (int i = 0; i < prompts.size(); i++) {
                Measured measured = prompts.get(i);
                boolean offFirst = (i + repetition) % 2 == 0;
                EngineRuns.Answer first = answer(measured, offFirst ? 0 : GenerateRequest.ANY_SPECULATION);
                EngineRuns.Answer second = answer(measured, offFirst ? GenerateRequest.ANY_SPECULATION : 0);
                for (String name : List.of(HeadEvaluation.ALL, "/" + measured.prompt.domain())) {
                    Run run = sums.computeIfAbsent(name, _ -> new Run(new Sum(), new Sum()));
                    run.off.add(offFirst ? first : second);
                    run.on.add(offFirst ? second : first);
                }
                listener.onProgress("measurement", repetition * prompts.size() + i + 1, repetitions * prompts.size());
            }
            sums.forEach((name, run) ->
                    byDomain.computeIfAbsent(name, _ -> new ArrayList<>()).add(run));
        }
        Map<String, EvaluationReport.Speed> speeds = new LinkedHashMap<>();
        byDomain.forEach((name, list) -> speeds.put(name.replaceFirst("^/", ""), speed(list)));
        return speeds;
    }

    /** Long enough for the JIT compiler to have seen both ways, but not longer than a few seconds. */
    private void warmUp() {
        long begun = System.nanoTime();
        for (int round = 0; round < WARM_UP_ROUNDS; round++) {
            for (Measured measured : prompts) {
                if (System.nanoTime() - begun > WARM_UP_NANOS) {
                    return;
                }
                EngineRuns.Answer plain = answer(measured, 0);
                EngineRuns.Answer drafted = answer(measured, GenerateRequest.ANY_SPECULATION);
                exact &= Arrays.equals(plain.tokens(), drafted.tokens());
            }
        }
    }

    private EngineRuns.Answer answer(Measured measured, int speculation) {
        EngineRuns.Answer answer = runs.one(measured.prompt, speculation);
        exact &= Arrays.equals(answer.tokens(), measured.answer);
        return answer;
    }

    /** Whether every answer was the one that was expected. */
    boolean exact() {
        return exact;
    }

    private static EvaluationReport.Speed speed(List<Run> list) {
        List<Double> off = new ArrayList<>();
        List<Double> on = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        List<Double> decoding = new ArrayList<>();
        List<Double> perStep = new ArrayList<>();
        List<Double> passes = new ArrayList<>();
        for (Run run : list) {
            off.add(run.off.tokens * 1e9 / run.off.nanos);
            on.add(run.on.tokens * 1e9 / run.on.nanos);
            ratios.add((double) run.off.nanos / run.on.nanos);
            decoding.add((double) run.off.decodingNanos / run.on.decodingNanos);
            perStep.add((double) run.on.tokens / run.on.chainSteps);
            passes.add((double) run.on.passes / run.on.tokens);
        }
        return new EvaluationReport.Speed(
                list.getFirst().on.prompts,
                median(perStep),
                median(passes),
                median(off),
                median(on),
                median(ratios),
                median(decoding),
                List.copyOf(ratios));
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
