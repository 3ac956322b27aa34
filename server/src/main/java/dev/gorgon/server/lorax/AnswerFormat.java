package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.CompletionCollector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON in which one of LoRAX's routes answers one request. */
interface AnswerFormat {

    /** Whether an answer in one piece shows tokens. */
    boolean showsTokens();

    /** The answer in one piece; losers are the other completions of {@code best_of}. */
    String answer(CompletionCollector winner, List<CompletionCollector> losers);

    /** The event of a token that is not the last. */
    String event(TokenEvent token);

    /** The event of the last token. */
    String lastEvent(TokenEvent token, Completion completion, @Nullable Long seed);

    /** What follows the last event. */
    List<String> farewell();
}
