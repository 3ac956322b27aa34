package dev.gorgon.train.data;

import dev.gorgon.engine.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the answers lie in a rendered conversation: behind the prompt that the model was given for them, which is the rendering of
 * all messages before them. Offsets count UTF-16 units.
 *
 * @param spans answers in order
 * @param altered number of answers that the whole rendering does not show behind their prompt
 */
record AnswerSpans(List<Span> spans, int altered) {

    /**
     * An answer.
     *
     * @param start of what the model generates: the end of its prompt
     * @param contentEnd behind the content
     * @param end behind what the template puts after an answer; the end-of-turn token lies between, if there is one
     */
    record Span(int start, int contentEnd, int end) {}

    /** Stands for an answer, to see what the template puts around it. */
    private static final String MARK = "answer-6f1d0c27b94e";

    static AnswerSpans find(ChatTemplate template, List<Message> messages, String whole) {
        List<Span> spans = new ArrayList<>();
        int altered = 0;
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            if (!message.isAssistant() || message.content().isBlank()) {
                continue;
            }
            Optional<Span> span = find(template, messages, i, whole);
            span.ifPresent(spans::add);
            altered += span.isEmpty() ? 1 : 0;
        }
        return new AnswerSpans(List.copyOf(spans), altered);
    }

    private static Optional<Span> find(ChatTemplate template, List<Message> messages, int turn, String whole) {
        List<Message> before = messages.subList(0, turn);
        String prompt = Prompts.toAnswer(template, before);
        List<Message> marked = new ArrayList<>(before);
        marked.add(new Message(Message.ASSISTANT, MARK));
        String withMark = Prompts.whole(template, marked);
        int mark = withMark.lastIndexOf(MARK);
        if (mark < 0 || !whole.startsWith(prompt)) {
            return Optional.empty();
        }
        String content = messages.get(turn).content();
        String core = content.strip();
        int start = prompt.length();
        int coreStart = start;
        while (coreStart < whole.length() && Character.isWhitespace(whole.charAt(coreStart))) {
            coreStart++;
        }
        if (!whole.startsWith(core, coreStart)) {
            // the template may put something of its own before an answer, such as an empty thought
            start = mark;
            coreStart = mark;
            if (!whole.startsWith(withMark.substring(0, mark) + core)) {
                return Optional.empty();
            }
        }
        int coreEnd = coreStart + core.length();
        // spaces at the end of the content belong to it, if the template leaves them
        String trailing = content.substring(content.stripTrailing().length());
        int contentEnd = whole.startsWith(trailing, coreEnd) ? coreEnd + trailing.length() : coreEnd;
        String after = withMark.substring(mark + MARK.length());
        int end = whole.startsWith(after, contentEnd) ? contentEnd + after.length() : contentEnd;
        return Optional.of(new Span(start, contentEnd, end));
    }
}
