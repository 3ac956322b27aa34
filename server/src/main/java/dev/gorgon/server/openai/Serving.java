package dev.gorgon.server.openai;

import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.lorax.ResponseHeaders;
import io.vertx.core.MultiMap;

/** One request while it is served, and what both kinds of answers need to know about it. */
record Serving(GenerateService service, LiveRequest live, OpenAiRequest request, AdapterChoice adapter) {

    /** The JSON of the answer. */
    AnswerJson json() {
        String base = service.config().model().id();
        return new AnswerJson(
                request,
                adapter.shownId().orElse(base),
                service.config().build().fingerprint());
    }

    /** LoRAX's headers, which it sends on these routes as well. */
    MultiMap headers(long promptCharacters) {
        return ResponseHeaders.identity(service.config().model(), promptCharacters, adapter);
    }

    ChoiceText choiceText(Prepared prepared, int index) {
        return new ChoiceText(prepared.requests().get(index), service.inference()::endsSequence);
    }

    /** What comes before the generated text. */
    String promptText(Prepared prepared, int index) {
        return request.output().echo() ? prepared.promptOf(index).text() : "";
    }
}
