package dev.gorgon.train.eval;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.TemplateException;
import dev.gorgon.engine.text.TextException;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.train.data.Conversation;
import dev.gorgon.train.data.Conversations;
import dev.gorgon.train.data.Message;
import dev.gorgon.train.data.Prompts;
import dev.gorgon.train.data.ReadSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A question that the model is to answer.
 *
 * @param domain what it is about; empty if the id does not tell
 * @param tokens of the prompt as the server makes it: by the chat template, with what introduces the answer
 */
record EvaluationPrompt(String domain, int[] tokens) {

    private static final Pattern DOMAIN = Pattern.compile("([^\\d]*[^\\d\\s_#:/.-])[\\s_#:/.-]*\\d.*", Pattern.DOTALL);

    /**
     * The prompts of a file.
     *
     * @param list at least one
     * @param conversations they are from
     * @param skipped prompts that the template refuses, or that leave no room for an answer
     */
    record Source(List<EvaluationPrompt> list, int conversations, int skipped) {}

    /**
     * One prompt for each message of a user, with what was said before as it stands in the file.
     *
     * @throws EvaluationException if there is none
     * @throws dev.gorgon.train.data.DataException if the file cannot be read
     */
    static Source read(EvaluationJob.Data data, ChatTemplate template, Tokenizer tokenizer, int maxPositions) {
        long all = count(data);
        long limit = Math.min(all, data.limit());
        List<EvaluationPrompt> prompts = new ArrayList<>();
        int skipped = 0;
        long number = 0;
        try (Conversations file = Conversations.open(data.file(), data.reading())) {
            for (Optional<Conversation> next = file.next(); next.isPresent(); next = file.next()) {
                Conversation conversation = next.get();
                if (!counts(data, conversation)) {
                    continue;
                }
                // files are often ordered by domain: what is taken is spread over them
                boolean taken = (number + 1) * limit / all > number * limit / all;
                number++;
                List<Message> messages = taken ? conversation.messages() : List.of();
                for (int i = 0; i < messages.size(); i++) {
                    if (!messages.get(i).role().equals(Message.USER)) {
                        continue;
                    }
                    Optional<int[]> tokens = tokens(messages.subList(0, i + 1), template, tokenizer);
                    if (tokens.isPresent() && tokens.get().length < maxPositions) {
                        prompts.add(new EvaluationPrompt(domain(conversation.id()), tokens.get()));
                    } else {
                        skipped++;
                    }
                }
            }
        }
        if (prompts.isEmpty()) {
            throw new EvaluationException(
                    all == 0 && !data.ids().isEmpty()
                            ? "none of the " + data.ids().size() + " ids that are held out is in " + data.file()
                            : data.file() + " gives no prompt that the model can answer (" + skipped
                                    + " are too long, or the chat template refuses them)");
        }
        return new Source(prompts, (int) limit, skipped);
    }

    private static boolean counts(EvaluationJob.Data data, Conversation conversation) {
        return data.ids().isEmpty() || data.ids().contains(conversation.id());
    }

    private static long count(EvaluationJob.Data data) {
        ReadSettings quietly =
                new ReadSettings(data.reading().form(), data.reading().onBad(), row -> {});
        long count = 0;
        try (Conversations file = Conversations.open(data.file(), quietly)) {
            for (Optional<Conversation> next = file.next(); next.isPresent(); next = file.next()) {
                count += counts(data, next.get()) ? 1 : 0;
            }
        }
        return count;
    }

    private static Optional<int[]> tokens(List<Message> messages, ChatTemplate template, Tokenizer tokenizer) {
        try {
            return Optional.of(tokenizer.encode(Prompts.toAnswer(template, messages), false));
        } catch (TemplateException | TextException e) {
            return Optional.empty();
        }
    }

    /** The part of an id before the number: {@code math-12} is about math. */
    static String domain(String id) {
        Matcher matcher = DOMAIN.matcher(id);
        return matcher.matches() ? matcher.group(1).strip() : "";
    }
}
