package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.CompletionCollector;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.generate.Responder;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.lorax.ResponseHeaders;
import dev.gorgon.server.metrics.Durations;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Answers with one JSON object when all completions are there. Confined to the request's event loop. */
final class SingleAnswer implements Responder {
    private final HttpServerResponse response;
    private final Serving serving;
    /** By their numbers: some start later than others. */
    private final Map<Integer, CompletionCollector> collectors = new TreeMap<>();

    SingleAnswer(HttpServerResponse response, Serving serving) {
        this.response = response;
        this.serving = serving;
    }

    @Override
    public GenerationListener listener(Prepared prepared, int index) {
        CompletionCollector collector = new CompletionCollector(
                prepared.requests().get(index),
                true,
                serving.live(),
                () -> completed(prepared),
                failure -> fail(ApiException.generation(failure)));
        collectors.put(index, collector);
        return collector;
    }

    private void completed(Prepared prepared) {
        boolean all = collectors.size() == prepared.requests().size()
                && collectors.values().stream().allMatch(CompletionCollector::isDone);
        if (!all || !serving.live().succeed()) {
            return;
        }
        List<CompletionCollector> done = List.copyOf(collectors.values());
        List<Completion> completions =
                done.stream().map(CompletionCollector::completion).toList();
        List<AnswerJson.Choice> choices = new ArrayList<>();
        for (int prompt = 0; prompt < prepared.prompts().size(); prompt++) {
            best(prepared, done, prompt).forEach(index -> choices.add(choice(prepared, index, done.get(index))));
        }
        done.forEach(
                collector -> collector.skips().forEachStep(serving.service().metrics()::step));
        Completion first = completions.getFirst();
        Durations durations = Durations.until(System.nanoTime(), prepared, first);
        serving.service().metrics().succeeded(durations, first);
        MultiMap headers = serving.headers(prepared.promptCharacters());
        ResponseHeaders.measurements(headers, durations, first);
        Replies.json(
                response, headers, serving.json().answer(choices, Usage.of(serving.request(), prepared, completions)));
    }

    /** The completions of a prompt that become choices: the likeliest per token if there are more, else all in their order. */
    private List<Integer> best(Prepared prepared, List<CompletionCollector> done, int prompt) {
        int first = prompt * prepared.perPrompt();
        List<Integer> all =
                IntStream.range(first, first + prepared.perPrompt()).boxed().toList();
        int wanted = serving.request().output().n();
        return all.size() == wanted
                ? all
                : all.stream()
                        .sorted(Comparator.comparingDouble(
                                index -> -done.get(index).meanLogprob()))
                        .limit(wanted)
                        .toList();
    }

    private AnswerJson.Choice choice(Prepared prepared, int index, CompletionCollector collected) {
        ChoiceText shown = serving.choiceText(prepared, index);
        StringBuilder text = new StringBuilder();
        List<TokenEvent> tokens = new ArrayList<>();
        if (!serving.request().nothingGenerated()) {
            collected.tokens().forEach(token -> add(shown.add(token), text, tokens));
            add(shown.finish(collected.completion()), text, tokens);
        }
        return new AnswerJson.Choice(
                serving.promptText(prepared, index),
                collected.prompt(),
                text.toString(),
                tokens,
                serving.request().nothingGenerated() ? "length" : shown.finishReason(collected.completion()));
    }

    private static void add(ChoiceText.Part part, StringBuilder text, List<TokenEvent> tokens) {
        text.append(part.text());
        tokens.addAll(part.tokens());
    }

    @Override
    public void fail(ApiException error) {
        if (serving.live().fail(error)) {
            OpenAiError.STYLE.error(response, error);
        }
    }
}
