package dev.gorgon.train.data;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import dev.gorgon.engine.text.TextException;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.train.data.SampleResult.Made;
import dev.gorgon.train.data.SampleResult.Reason;
import dev.gorgon.train.data.SampleResult.Skipped;
import dev.gorgon.train.data.SampleSettings.Labels;
import java.util.BitSet;
import java.util.List;

/**
 * Conversations as tokens with targets. The whole conversation is rendered and tokenized once, as the server does with prompts: the
 * template brings its special tokens, the tokenizer adds none. Answers are found by character offsets of the tokens. With targets
 * for the assistant only, these are what the model generated: the answer behind its prompt, and the special token that ends the
 * turn, but not what the template puts after it. An answer that was cut off has no such end.
 */
public final class Samples {

    private Samples() {}

    /** The sample of a conversation, or why there is none. Thread-safe. */
    public static SampleResult of(
            Conversation conversation, ChatTemplate template, Tokenizer tokenizer, SampleSettings settings) {
        List<Message> messages = conversation.messages();
        if (messages.stream()
                .noneMatch(
                        message -> message.isAssistant() && !message.content().isBlank())) {
            return skipped(conversation, Reason.NO_ASSISTANT_TURN, "the assistant says nothing");
        }
        String whole;
        AnswerSpans answers;
        List<Tokenizer.Piece> pieces;
        try {
            whole = Prompts.whole(template, messages);
            answers = AnswerSpans.find(template, messages, whole);
            pieces = tokenizer.pieces(whole, false);
        } catch (TemplateException | TextException e) {
            return skipped(conversation, Reason.TEMPLATE_REFUSES, String.valueOf(e.getMessage()));
        }
        if (answers.spans().isEmpty() && settings.labels() == Labels.ASSISTANT) {
            return skipped(
                    conversation,
                    Reason.TEMPLATE_ALTERS,
                    "the chat template changes every answer, or what precedes it, so that none can be found");
        }
        int length = Math.min(pieces.size(), settings.maxTokens());
        BitSet targets = settings.labels() == Labels.ALL
                ? everything(length)
                : targets(conversation, answers, whole, pieces.subList(0, length), tokenizer);
        if (targets.isEmpty()) {
            return skipped(
                    conversation,
                    Reason.TOO_LONG,
                    "no answer lies within the first " + settings.maxTokens() + " of its " + pieces.size() + " tokens");
        }
        int[] tokens =
                pieces.stream().limit(length).mapToInt(Tokenizer.Piece::id).toArray();
        return new Made(new Sample(conversation.id(), tokens, targets), length < pieces.size(), answers.altered());
    }

    private static SampleResult skipped(Conversation conversation, Reason reason, String problem) {
        return new Skipped(reason, conversation.id() + ": " + problem);
    }

    private static BitSet everything(int length) {
        BitSet all = new BitSet(length);
        all.set(0, length);
        return all;
    }

    private static BitSet targets(
            Conversation conversation,
            AnswerSpans answers,
            String whole,
            List<Tokenizer.Piece> pieces,
            Tokenizer tokenizer) {
        BitSet targets = new BitSet(pieces.size());
        CodePoints offsets = new CodePoints(whole);
        int at = 0;
        for (int i = 0; i < answers.spans().size(); i++) {
            AnswerSpans.Span span = answers.spans().get(i);
            int start = offsets.count(span.start());
            int contentEnd = offsets.count(span.contentEnd());
            int end = offsets.count(span.end());
            boolean ends = !(conversation.cut() && i == answers.spans().size() - 1);
            // a token that begins before the answer was not generated
            while (at < pieces.size() && pieces.get(at).start() < start) {
                at++;
            }
            while (at < pieces.size() && pieces.get(at).start() < contentEnd) {
                targets.set(at++);
            }
            markEnd(targets, pieces, at, ends ? end : contentEnd, tokenizer);
        }
        return targets;
    }

    /** Marks what follows an answer up to the first special token, if there is one before {@code end}. */
    private static void markEnd(BitSet targets, List<Tokenizer.Piece> pieces, int from, int end, Tokenizer tokenizer) {
        for (int at = from; at < pieces.size() && pieces.get(at).start() < end; at++) {
            if (tokenizer.isSpecial(pieces.get(at).id())) {
                targets.set(from, at + 1);
                return;
            }
        }
    }

    /** Turns growing offsets in UTF-16 units into code points. */
    private static final class CodePoints {
        private final String text;
        private int units;
        private int points;

        CodePoints(String text) {
            this.text = text;
        }

        int count(int offset) {
            points += text.codePointCount(units, offset);
            units = offset;
            return points;
        }
    }
}
