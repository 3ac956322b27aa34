package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.CompletionCollector;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.json.JsonOut;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The answers of LoRAX's own version of OpenAI's API, oddities included (contract, sections 1.9.3, 1.9.5 and 1.9.6): ids that are
 * the text {@code null}, times that are 0, {@code content_filter} for stop sequences.
 */
final class StrictJson implements AnswerFormat {
    private final GenerateBody body;
    private final boolean chat;
    private final String model;
    private final String fingerprint;

    /**
     * @param chat whether it is a chat, else a completion
     * @param model the base model, which chats name whatever adapter answers
     */
    StrictJson(GenerateBody body, boolean chat, String model, String fingerprint) {
        this.body = body;
        this.chat = chat;
        this.model = model;
        this.fingerprint = fingerprint;
    }

    @Override
    public boolean showsTokens() {
        return false;
    }

    @Override
    public String answer(CompletionCollector winner, List<CompletionCollector> losers) {
        return JsonOut.write(out -> out.object(() -> {
            if (chat) {
                chat(out, winner, losers);
            } else {
                completion(out, winner);
            }
        }));
    }

    private void completion(JsonOut out, CompletionCollector winner) {
        Completion completion = winner.completion();
        head(out, "text_completion");
        out.name("choices")
                .array(
                        List.of(0),
                        index -> out.object(() -> out.integer("index", index)
                                .text("text", body.textPrefix() + completion.generatedText())
                                .nothing("logprobs")
                                .text("finish_reason", finishReason(completion))));
        usage(out, completion);
    }

    private void chat(JsonOut out, CompletionCollector winner, List<CompletionCollector> losers) {
        List<CompletionCollector> all = new ArrayList<>(List.of(winner));
        all.addAll(losers);
        out.text("id", "null")
                .text("object", "text_completion")
                .integer("created", System.currentTimeMillis() / 1000)
                .text("model", model);
        int[] index = {0};
        out.name("choices")
                .array(
                        all,
                        choice -> out.object(() -> out.integer("index", index[0]++)
                                .name("message")
                                .object(() -> out.text("role", "assistant")
                                        .text("content", choice.completion().generatedText()))
                                .text("finish_reason", finishReason(winner.completion()))));
        usage(out, winner.completion());
        out.text("system_fingerprint", fingerprint);
    }

    @Override
    public String event(TokenEvent token) {
        return event(token.text(), null, null);
    }

    /** The text of an end of sequence is not shown, that of any other last token is. */
    @Override
    public String lastEvent(TokenEvent token, Completion completion, @Nullable Long seed) {
        String reason = finishReason(completion);
        return event(reason.equals("stop") ? null : token.text(), reason, completion);
    }

    @Override
    public List<String> farewell() {
        return List.of("[DONE]");
    }

    /**
     * @param text null for none
     * @param last how it ended, in the last event
     */
    private String event(@Nullable String text, @Nullable String finishReason, @Nullable Completion last) {
        return JsonOut.write(out -> out.object(() -> {
            head(out, chat ? "chat.completion.chunk" : "text_completion");
            Consumer<Integer> choice = index -> out.object(() -> {
                out.integer("index", index);
                if (chat) {
                    out.name("delta").object(() -> {
                        if (text != null) {
                            out.text("role", "assistant").text("content", text);
                        }
                    });
                } else {
                    out.text("text", text == null ? "" : text).nothing("logprobs");
                }
                out.text("finish_reason", finishReason);
            });
            out.name("choices").array(List.of(0), choice);
            if (last != null || !chat) {
                usage(out, last);
            }
        }));
    }

    private static void head(JsonOut out, String object) {
        out.text("id", "null").text("object", object).integer("created", 0).text("model", "null");
    }

    private static void usage(JsonOut out, @Nullable Completion completion) {
        int prompt = completion == null ? 0 : completion.promptTokens();
        int generated = completion == null ? 0 : completion.generatedTokens();
        out.name("usage")
                .object(() -> out.integer("prompt_tokens", prompt)
                        .integer("total_tokens", (long) prompt + generated)
                        .integer("completion_tokens", generated));
    }

    private static String finishReason(Completion completion) {
        return switch (completion.reason()) {
            case LENGTH -> "length";
            case EOS_TOKEN -> "stop";
            case STOP_SEQUENCE -> "content_filter";
        };
    }
}
