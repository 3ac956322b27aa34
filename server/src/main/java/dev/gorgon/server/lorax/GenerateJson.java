package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.CompletionCollector;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.json.JsonOut;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The JSON of generated text in LoRAX's field order (contract, sections 1.7 and 1.8). */
final class GenerateJson implements AnswerFormat {
    private final GenerateBody body;
    private final UnaryOperator<String> wrapping;

    /** @param wrapping what the route puts around an answer in one piece */
    GenerateJson(GenerateBody body, UnaryOperator<String> wrapping) {
        this.body = body;
        this.wrapping = wrapping;
    }

    @Override
    public boolean showsTokens() {
        return body.output().wantsDetails();
    }

    @Override
    public String answer(CompletionCollector winner, List<CompletionCollector> losers) {
        return wrapping.apply(response(winner, losers));
    }

    private String response(CompletionCollector winner, List<CompletionCollector> losers) {
        return JsonOut.write(out -> out.object(() -> {
            out.text("generated_text", body.textPrefix() + winner.completion().generatedText());
            if (body.output().wantsDetails()) {
                out.name("details").object(() -> details(out, winner, losers));
            }
        }));
    }

    private void details(JsonOut out, CompletionCollector winner, List<CompletionCollector> losers) {
        Completion completion = winner.completion();
        out.text("finish_reason", finishReason(completion));
        out.integer("prompt_tokens", completion.promptTokens());
        out.integer("generated_tokens", completion.generatedTokens());
        out.integer("skipped_tokens", completion.skippedTokens());
        out.unsigned("seed", winner.seed());
        tokens(out, winner);
        if (!losers.isEmpty()) {
            out.name("best_of_sequences")
                    .array(
                            losers,
                            loser -> out.object(() -> {
                                out.text(
                                        "generated_text",
                                        body.textPrefix() + loser.completion().generatedText());
                                out.text("finish_reason", finishReason(loser.completion()));
                                out.integer(
                                        "generated_tokens", loser.completion().generatedTokens());
                                out.unsigned("seed", loser.seed());
                                tokens(out, loser);
                            }));
        }
    }

    private void tokens(JsonOut out, CompletionCollector collected) {
        out.name("prefill").array(collected.prompt(), token -> prompt(out, token));
        out.name("tokens").array(collected.tokens(), token -> token(out, token));
    }

    private static void prompt(JsonOut out, PromptToken token) {
        out.object(
                () -> out.integer("id", token.id()).text("text", token.text()).real("logprob", token.logprob()));
    }

    private void token(JsonOut out, TokenEvent token) {
        out.object(() -> {
            out.integer("id", token.id()).text("text", token.text()).real("logprob", token.logprob());
            out.flag("special", token.special());
            if (body.output().alternatives() != null) {
                out.name("alternative_tokens")
                        .array(
                                token.alternatives(),
                                other -> out.object(() -> out.integer("id", other.id())
                                        .text("text", other.text())
                                        .real("logprob", other.logprob())));
            }
            out.flag("skipped", token.skipped());
        });
    }

    @Override
    public String event(TokenEvent token) {
        return JsonOut.write(out -> out.object(() -> {
            out.name("token");
            token(out, token);
            out.nothing("generated_text").nothing("details");
        }));
    }

    /** With the whole text, and the details if asked for. */
    @Override
    public String lastEvent(TokenEvent token, Completion completion, @Nullable Long seed) {
        return JsonOut.write(out -> out.object(() -> {
            out.name("token");
            token(out, token);
            out.text("generated_text", body.textPrefix() + completion.generatedText());
            if (!body.output().details()) {
                out.nothing("details");
                return;
            }
            out.name("details")
                    .object(() -> out.text("finish_reason", finishReason(completion))
                            .integer("prompt_tokens", completion.promptTokens())
                            .integer("generated_tokens", completion.generatedTokens())
                            .unsigned("seed", seed));
        }));
    }

    @Override
    public List<String> farewell() {
        return List.of();
    }

    private static String finishReason(Completion completion) {
        return completion.reason().name().toLowerCase(Locale.ROOT);
    }
}
