package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.json.JsonOut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes logprobs in the two shapes that OpenAI's API has for them. */
final class Logprobs {
    /** OpenAI's number for a token that cannot be. */
    private static final float IMPOSSIBLE = -9999f;

    /** Where the next token's text begins, in Unicode characters; only completions tell it. */
    private int offset;

    /** Chat: an object per token. */
    static void chat(JsonOut out, List<TokenEvent> tokens) {
        out.object(() -> {
            out.name("content")
                    .array(
                            tokens,
                            token -> out.object(() -> {
                                token(out, token.text(), token.logprob());
                                out.name("top_logprobs")
                                        .array(
                                                token.alternatives(),
                                                other -> out.object(() -> token(out, other.text(), other.logprob())));
                            }));
            out.nothing("refusal");
        });
    }

    private static void token(JsonOut out, String text, float logprob) {
        out.text("token", text).real("logprob", finite(logprob));
        out.name("bytes").array(bytes(text), out::item);
    }

    private static List<Integer> bytes(String text) {
        List<Integer> bytes = new ArrayList<>();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(b & 0xFF);
        }
        return bytes;
    }

    /** A token of a completion. A prompt's first token has no logprob. */
    private record Entry(String text, @Nullable Float logprob, int offset, Map<String, Float> top) {}

    /** Completions: parallel arrays. The prompt's tokens come first, if they are shown. */
    void completion(JsonOut out, String promptText, List<PromptToken> prompt, List<TokenEvent> tokens) {
        List<Entry> entries = new ArrayList<>();
        int place = 0;
        for (PromptToken token : prompt) {
            String text = promptText.startsWith(" " + token.text(), place) ? " " + token.text() : token.text();
            boolean there = promptText.startsWith(text, place);
            Float logprob = Float.isNaN(token.logprob()) ? null : Float.valueOf(finite(token.logprob()));
            Map<String, Float> top = logprob == null ? Map.of() : Map.of(text, logprob);
            entries.add(new Entry(text, logprob, offset, top));
            if (there) {
                place += text.length();
                offset += characters(text);
            }
        }
        offset = Math.max(offset, characters(promptText));
        for (TokenEvent token : tokens) {
            entries.add(new Entry(token.text(), finite(token.logprob()), offset, top(token)));
            offset += token.special() ? 0 : characters(token.text());
        }
        write(out, entries);
    }

    private static void write(JsonOut out, List<Entry> entries) {
        out.object(() -> {
            out.name("tokens").array(entries, entry -> out.item(entry.text()));
            out.name("token_logprobs").array(entries, entry -> {
                if (entry.logprob() == null) {
                    out.nothing();
                } else {
                    out.item(entry.logprob());
                }
            });
            out.name("top_logprobs").array(entries, entry -> {
                if (entry.logprob() == null) {
                    out.nothing();
                } else {
                    out.object(() -> entry.top().forEach(out::real));
                }
            });
            out.name("text_offset").array(entries, entry -> out.item(entry.offset()));
        });
    }

    /** The likeliest tokens and the chosen one; of tokens with the same text the likelier. */
    private static Map<String, Float> top(TokenEvent token) {
        Map<String, Float> top = new LinkedHashMap<>();
        token.alternatives().forEach(other -> top.putIfAbsent(other.text(), finite(other.logprob())));
        top.putIfAbsent(token.text(), finite(token.logprob()));
        return top;
    }

    private static float finite(float logprob) {
        return Float.isFinite(logprob) ? logprob : IMPOSSIBLE;
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }
}
