package dev.gorgon.train.eval;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;

/** Greedy answers of an engine. */
final class EngineRuns {

    private final Engine engine;
    private final AdapterSelection selection;
    private final int maxTokens;

    EngineRuns(Engine engine, AdapterSelection selection, int maxTokens) {
        this.engine = engine;
        this.selection = selection;
        this.maxTokens = maxTokens;
    }

    /**
     * An answer.
     *
     * @param nanos from submission to the last token
     */
    record Answer(int[] tokens, Completion completion, long nanos) {

        /** Passes of a chain that also verifies in the prompt's pass. */
        long chainSteps() {
            return completion.generatedTokens() - completion.acceptedTokens();
        }

        long decodingNanos() {
            return Math.max(1, completion.inferenceNanos() - completion.firstTokenNanos());
        }
    }

    /** Answers one prompt while nothing else runs. */
    Answer one(EvaluationPrompt prompt, int speculation) {
        return join(submit(prompt, speculation));
    }

    /** Answers all prompts, some at a time. */
    List<Answer> all(List<EvaluationPrompt> prompts, int atOnce, EvaluationListener listener) {
        List<Answer> answers = new ArrayList<>();
        List<CompletableFuture<Answer>> running = new ArrayList<>();
        for (EvaluationPrompt prompt : prompts) {
            running.add(submit(prompt, GenerateRequest.ALL_HEADS));
            if (running.size() == 2 * atOnce) {
                answers.add(join(running.removeFirst()));
                listener.onProgress("answers", answers.size(), prompts.size());
            }
        }
        for (CompletableFuture<Answer> rest : running) {
            answers.add(join(rest));
            listener.onProgress("answers", answers.size(), prompts.size());
        }
        return answers;
    }

    private static Answer join(CompletableFuture<Answer> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new EvaluationException("the engine did not answer: " + cause.getMessage(), cause);
        }
    }

    private CompletableFuture<Answer> submit(EvaluationPrompt prompt, int speculation) {
        int room = engine.maxPositions() - prompt.tokens().length;
        Collector collector = new Collector();
        Generation ignored = engine.submit(
                new GenerateRequest(
                        prompt.tokens(),
                        selection,
                        SamplingParameters.GREEDY,
                        Math.min(maxTokens, room),
                        List.of(),
                        false,
                        false,
                        0,
                        speculation),
                collector);
        return collector.done;
    }

    private static final class Collector implements GenerationListener {
        final CompletableFuture<Answer> done = new CompletableFuture<>();
        private final IntStream.Builder tokens = IntStream.builder();
        private final long begun = System.nanoTime();

        @Override
        public void onToken(TokenEvent token) {
            tokens.add(token.id());
        }

        @Override
        public void onFinish(Completion completion) {
            done.complete(new Answer(tokens.build().toArray(), completion, System.nanoTime() - begun));
        }

        @Override
        public void onFailure(GenerationException failure) {
            done.completeExceptionally(failure);
        }
    }
}
