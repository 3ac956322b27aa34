package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.CompletionCollector;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.json.JsonOut;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The JSON of generated text in LoRAX's field order (contract, sections 1.7 and 1.8). */
final class GenerateJson {
    private GenerateJson() {}

    /** The answer of {@code /generate}; losers are the other completions of {@code best_of}. */
    static String response(GenerateBody body, CompletionCollector winner, List<CompletionCollector> losers) {
        return JsonOut.write(out -> out.object(() -> {
            out.text("generated_text", body.textPrefix() + winner.completion().generatedText());
            if (body.output().wantsDetails()) {
                out.name("details").object(() -> details(out, body, winner, losers));
            }
        }));
    }

    private static void details(
            JsonOut out, GenerateBody body, CompletionCollector winner, List<CompletionCollector> losers) {
        Completion completion = winner.completion();
        out.text("finish_reason", finishReason(completion));
        out.integer("prompt_tokens", completion.promptTokens());
        out.integer("generated_tokens", completion.generatedTokens());
        out.integer("skipped_tokens", completion.skippedTokens());
        out.unsigned("seed", winner.seed());
        tokens(out, body, winner);
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
                                tokens(out, body, loser);
                            }));
        }
    }

    private static void tokens(JsonOut out, GenerateBody body, CompletionCollector collected) {
        out.name("prefill").array(collected.prompt(), token -> prompt(out, token));
        out.name("tokens").array(collected.tokens(), token -> token(out, body, token));
    }

    private static void prompt(JsonOut out, PromptToken token) {
        out.object(
                () -> out.integer("id", token.id()).text("text", token.text()).real("logprob", token.logprob()));
    }

    private static void token(JsonOut out, GenerateBody body, TokenEvent token) {
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

    /** The event of a token that is not the last. */
    static String event(GenerateBody body, TokenEvent token) {
        return JsonOut.write(out -> out.object(() -> {
            out.name("token");
            token(out, body, token);
            out.nothing("generated_text").nothing("details");
        }));
    }

    /** The event of the last token, with the whole text, and the details if asked for. */
    static String lastEvent(GenerateBody body, TokenEvent token, Completion completion, @Nullable Long seed) {
        return JsonOut.write(out -> out.object(() -> {
            out.name("token");
            token(out, body, token);
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

    private static String finishReason(Completion completion) {
        return completion.reason().name().toLowerCase(Locale.ROOT);
    }
}
