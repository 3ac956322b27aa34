package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.json.JsonOut;
import dev.gorgon.server.openai.OpenAiRequest.Kind;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The JSON of one answer: every piece of it carries the same id, time, model and fingerprint. */
final class AnswerJson {
    private final OpenAiRequest request;
    private final Kind kind;
    private final String id;
    private final long createdSeconds;
    private final String model;
    private final String fingerprint;

    /**
     * @param model the adapter that answers, or the base model
     * @param fingerprint of the program
     */
    AnswerJson(OpenAiRequest request, String model, String fingerprint) {
        this.request = request;
        this.kind = request.kind();
        this.id = kind.idPrefix() + UUID.randomUUID().toString().replace("-", "");
        this.createdSeconds = System.currentTimeMillis() / 1000;
        this.model = model;
        this.fingerprint = fingerprint;
    }

    /** A choice of an answer in one piece. */
    record Choice(
            String promptText,
            List<PromptToken> promptTokens,
            String text,
            List<TokenEvent> tokens,
            String finishReason) {}

    /** An answer in one piece. */
    String answer(List<Choice> choices, Usage usage) {
        return JsonOut.write(out -> out.object(() -> {
            head(out, kind.object());
            int[] index = {0};
            out.name("choices").array(choices, choice -> out.object(() -> choice(out, index[0]++, choice)));
            out.name("usage");
            usage.write(out);
        }));
    }

    private void choice(JsonOut out, int index, Choice choice) {
        out.integer("index", index);
        if (kind == Kind.CHAT) {
            out.name("message")
                    .object(() -> out.text("role", "assistant")
                            .text("content", choice.text())
                            .nothing("refusal"));
            out.name("logprobs");
            if (request.output().logprobs().isPresent()) {
                Logprobs.chat(out, choice.tokens());
            } else {
                out.nothing();
            }
        } else {
            out.text("text", choice.promptText() + choice.text());
            out.name("logprobs");
            if (request.output().logprobs().isPresent()) {
                new Logprobs().completion(out, choice.promptText(), choice.promptTokens(), choice.tokens());
            } else {
                out.nothing();
            }
        }
        out.text("finish_reason", choice.finishReason());
    }

    /** The first event of a chat choice. */
    String roleChunk(int index) {
        return chunk(index, null, out -> {
            out.name("delta")
                    .object(() ->
                            out.text("role", "assistant").text("content", "").nothing("refusal"));
            out.nothing("logprobs");
        });
    }

    /** The first event of a choice that begins with its prompt. */
    String promptChunk(int index, String promptText, List<PromptToken> prompt, Logprobs logprobs) {
        return chunk(index, null, out -> {
            out.text("text", promptText);
            out.name("logprobs");
            if (request.output().logprobs().isPresent()) {
                logprobs.completion(out, promptText, prompt, List.of());
            } else {
                out.nothing();
            }
        });
    }

    /** More text of a choice. */
    String textChunk(int index, ChoiceText.Part part, Logprobs logprobs) {
        boolean detailed = request.output().logprobs().isPresent();
        return chunk(index, null, out -> {
            if (kind == Kind.CHAT) {
                out.name("delta").object(() -> out.text("content", part.text()));
                out.name("logprobs");
                if (detailed) {
                    Logprobs.chat(out, part.tokens());
                } else {
                    out.nothing();
                }
            } else {
                out.text("text", part.text());
                out.name("logprobs");
                if (detailed) {
                    logprobs.completion(out, "", List.of(), part.tokens());
                } else {
                    out.nothing();
                }
            }
        });
    }

    /** The last event of a choice. */
    String finishChunk(int index, String finishReason) {
        return chunk(index, finishReason, out -> {
            if (kind == Kind.CHAT) {
                out.name("delta").object(() -> {});
            } else {
                out.text("text", "");
            }
            out.nothing("logprobs");
        });
    }

    /** The event after those of all choices. */
    String usageChunk(Usage usage) {
        return JsonOut.write(out -> out.object(() -> {
            head(out, kind.chunkObject());
            out.name("choices").array(List.of(), none -> {});
            out.name("usage");
            usage.write(out);
        }));
    }

    private String chunk(int index, @Nullable String finishReason, Consumer<JsonOut> content) {
        return JsonOut.write(out -> out.object(() -> {
            head(out, kind.chunkObject());
            out.name("choices")
                    .array(
                            List.of(index),
                            number -> out.object(() -> {
                                out.integer("index", number);
                                content.accept(out);
                                out.text("finish_reason", finishReason);
                            }));
            if (request.output().usage()) {
                out.nothing("usage");
            }
        }));
    }

    private void head(JsonOut out, String object) {
        out.text("id", id)
                .text("object", object)
                .integer("created", createdSeconds)
                .text("model", model)
                .text("system_fingerprint", fingerprint);
    }
}
