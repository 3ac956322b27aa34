package dev.gorgon.train.distill;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import dev.gorgon.engine.text.TextException;
import dev.gorgon.train.data.Message;
import dev.gorgon.train.data.Prompts;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Answers of the engine in this process. All that are asked for at once form one batch, share the keys and values of what they
 * have in common, and are drafted for; none of that changes an answer.
 */
public final class EngineAnswerer implements Answerer {

    private final Engine engine;
    private final ChatTemplate template;
    private final AdapterSelection adapter;
    private final AnswerSettings settings;
    private final int maxPositions;

    /**
     * @param template the model's; it brings its special tokens itself
     * @param maxPositions tokens that a conversation may have, if the engine allows as many
     */
    public EngineAnswerer(
            Engine engine, ChatTemplate template, AdapterSelection adapter, AnswerSettings settings, int maxPositions) {
        this.engine = engine;
        this.maxPositions = Math.min(maxPositions, engine.maxPositions());
        this.template = template;
        this.adapter = adapter;
        this.settings = settings;
    }

    @Override
    public Answer answer(List<Message> messages, long seed) throws AnswerException, InterruptedException {
        String prompt;
        int[] tokens;
        try {
            prompt = Prompts.toAnswer(template, messages);
            tokens = engine.model().tokenizer().encode(prompt, false);
        } catch (TemplateException e) {
            throw new AnswerException(
                    Kind.REFUSED, "the model's chat template refuses the conversation: " + e.getMessage());
        } catch (TextException e) {
            throw new AnswerException(Kind.REFUSED, String.valueOf(e.getMessage()));
        }
        int room = maxPositions - tokens.length;
        if (room < 1) {
            throw new AnswerException(
                    Kind.TOO_LONG,
                    "the conversation has " + tokens.length + " tokens, but the context only " + maxPositions);
        }
        Collector collector = generate(request(tokens, Math.min(settings.maxTokens(), room), seed));
        Completion completion = collector.done.join();
        boolean cut = completion.reason() == FinishReason.LENGTH
                && !engine.model().eosTokens().contains(collector.last);
        return new Answer(asContent(messages, prompt, completion.generatedText()), cut, completion.generatedTokens());
    }

    private GenerateRequest request(int[] tokens, int maxTokens, long seed) {
        SamplingParameters sampling = settings.samples()
                ? new SamplingParameters(
                        true, settings.temperature(), 0, settings.topP(), 1f, 1f, 0f, 0f, false, seed, 0)
                : SamplingParameters.GREEDY;
        return new GenerateRequest(
                tokens, adapter, sampling, maxTokens, List.of(), false, false, 0, GenerateRequest.ANY_SPECULATION);
    }

    private Collector generate(GenerateRequest request) throws AnswerException, InterruptedException {
        Collector collector = new Collector();
        Generation generation;
        try {
            generation = engine.submit(request, collector);
        } catch (GenerationException e) {
            throw failure(e);
        }
        try {
            collector.done.get();
            return collector;
        } catch (ExecutionException e) {
            throw failure(e.getCause() == null ? e : e.getCause());
        } finally {
            // matters after an interruption only
            generation.cancel();
        }
    }

    private AnswerException failure(Throwable cause) {
        return new AnswerException(engine.isRunning() ? Kind.REFUSED : Kind.FATAL, String.valueOf(cause.getMessage()));
    }

    /**
     * The content that the template turns back into what was generated: templates put a space or a line before an answer, which
     * the model has generated itself, and some remove spaces.
     */
    private String asContent(List<Message> messages, String prompt, String generated) {
        for (String content : List.of(generated, generated.stripLeading(), generated.strip())) {
            List<Message> answered = new ArrayList<>(messages);
            answered.add(new Message(Message.ASSISTANT, content));
            try {
                if (!content.isEmpty() && Prompts.whole(template, answered).startsWith(prompt + generated)) {
                    return content;
                }
            } catch (TemplateException e) {
                // the next one may do
            }
        }
        return generated.strip();
    }

    /** Waits for the end. */
    private static final class Collector implements GenerationListener {
        final CompletableFuture<Completion> done = new CompletableFuture<>();
        /** The last token; written by the engine's thread before {@code done}. */
        private int last = -1;

        @Override
        public void onToken(TokenEvent token) {
            last = token.id();
        }

        @Override
        public void onFinish(Completion completion) {
            done.complete(completion);
        }

        @Override
        public void onFailure(GenerationException failure) {
            done.completeExceptionally(failure);
        }
    }
}
