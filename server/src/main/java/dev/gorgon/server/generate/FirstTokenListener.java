package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.List;

/** Passes everything on, and tells when the first token was there. */
final class FirstTokenListener implements GenerationListener {
    private final GenerationListener target;
    private final Runnable firstToken;
    private boolean told;

    /** @param firstToken run on the engine's thread, before the token is passed on */
    FirstTokenListener(GenerationListener target, Runnable firstToken) {
        this.target = target;
        this.firstToken = firstToken;
    }

    @Override
    public void onPrompt(List<PromptToken> tokens) {
        target.onPrompt(tokens);
    }

    @Override
    public void onToken(TokenEvent token) {
        if (!told) {
            told = true;
            firstToken.run();
        }
        target.onToken(token);
    }

    @Override
    public void onFinish(Completion completion) {
        target.onFinish(completion);
    }

    @Override
    public void onFailure(GenerationException failure) {
        target.onFailure(failure);
    }
}
