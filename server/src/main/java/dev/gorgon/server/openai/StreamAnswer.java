package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.EncodedPrompt;
import dev.gorgon.server.generate.Mailbox;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.generate.Responder;
import dev.gorgon.server.generate.SkipCounter;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.EventStream;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.metrics.Durations;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers with events. The stream is opened once everything that can be wrong with the request has been checked, so that errors
 * have their status; only if an adapter takes long to come, it is opened before, because clients do not wait forever for a first
 * byte. Confined to the request's event loop but for the listeners, which only post.
 */
final class StreamAnswer implements Responder {
    private static final String DONE = "[DONE]";

    private final Vertx vertx;
    private final HttpServerResponse response;
    private final EventStream events;
    private final Serving serving;
    private final AnswerJson json;
    private final Mailbox mailbox;
    private final StringBuilder batch = new StringBuilder();
    private final Map<Integer, Choice> choices = new TreeMap<>();
    private long promptCharacters;
    private boolean opened;

    StreamAnswer(Vertx vertx, HttpServerResponse response, EventStream events, Serving serving) {
        this.vertx = vertx;
        this.response = response;
        this.events = events;
        this.serving = serving;
        this.json = serving.json();
        this.mailbox = new Mailbox(serving.live(), this::flush);
    }

    @Override
    public void encoded(List<EncodedPrompt> prompts) {
        promptCharacters = EncodedPrompt.characters(prompts);
        long patience = serving.service().config().timeouts().keepAlive().toMillis();
        vertx.setTimer(Math.max(1, patience), id -> serving.live().run(this::open));
    }

    private void open() {
        if (!opened) {
            opened = true;
            response.putHeader("x-accel-buffering", "no").headers().addAll(serving.headers(promptCharacters));
            events.open();
        }
    }

    @Override
    public GenerationListener listener(Prepared prepared, int index) {
        Choice choice = new Choice(prepared, index);
        choices.put(index, choice);
        return choice;
    }

    @Override
    public void started() {
        open();
    }

    private void flush() {
        events.send(batch);
        batch.setLength(0);
    }

    private void send(String event) {
        EventStream.append(batch, event);
    }

    /** One choice of the answer. */
    private final class Choice implements GenerationListener {
        private final Prepared prepared;
        private final int index;
        private final ChoiceText text;
        private final Logprobs logprobs = new Logprobs();
        private final SkipCounter skips = new SkipCounter();
        private List<PromptToken> prompt = List.of();
        private boolean begun;
        private @Nullable Completion completion;

        Choice(Prepared prepared, int index) {
            this.prepared = prepared;
            this.index = index;
            this.text = serving.choiceText(prepared, index);
        }

        @Override
        public void onPrompt(List<PromptToken> tokens) {
            mailbox.post(() -> prompt = tokens);
        }

        @Override
        public void onToken(TokenEvent token) {
            mailbox.post(() -> {
                begin();
                skips.token(token);
                show(text.add(token));
            });
        }

        @Override
        public void onFinish(Completion finished) {
            mailbox.post(() -> finish(finished));
        }

        @Override
        public void onFailure(GenerationException failure) {
            mailbox.post(() -> fail(ApiException.generation(failure)));
        }

        private void begin() {
            if (begun) {
                return;
            }
            begun = true;
            if (serving.request().kind() == OpenAiRequest.Kind.CHAT) {
                send(json.roleChunk(index));
            } else if (serving.request().output().echo()) {
                send(json.promptChunk(index, serving.promptText(prepared, index), prompt, logprobs));
            }
        }

        private void show(ChoiceText.Part part) {
            boolean empty = part.text().isEmpty()
                    && (part.tokens().isEmpty()
                            || serving.request().output().logprobs().isEmpty());
            if (!empty && !serving.request().nothingGenerated()) {
                send(json.textChunk(index, part, logprobs));
            }
        }

        private void finish(Completion finished) {
            begin();
            show(text.finish(finished));
            completion = finished;
            boolean nothing = serving.request().nothingGenerated();
            send(json.finishChunk(index, nothing ? "length" : text.finishReason(finished)));
            completed(prepared);
        }
    }

    private void completed(Prepared prepared) {
        List<Completion> completions = choices.values().stream()
                .map(choice -> choice.completion)
                .filter(completion -> completion != null)
                .toList();
        if (completions.size() < prepared.requests().size() || !serving.live().succeed()) {
            return;
        }
        choices.values()
                .forEach(choice -> choice.skips.forEachStep(serving.service().metrics()::step));
        Completion first = completions.getFirst();
        serving.service().metrics().succeeded(Durations.until(System.nanoTime(), prepared, first), first);
        if (serving.request().output().usage()) {
            send(json.usageChunk(Usage.of(serving.request(), prepared, completions)));
        }
        send(DONE);
        end();
    }

    @Override
    public void fail(ApiException error) {
        if (!serving.live().fail(error)) {
            return;
        }
        if (opened) {
            send(OpenAiError.json(error));
            end();
        } else {
            OpenAiError.STYLE.error(response, error);
        }
    }

    private void end() {
        events.end(batch);
        batch.setLength(0);
        mailbox.clear();
    }
}
