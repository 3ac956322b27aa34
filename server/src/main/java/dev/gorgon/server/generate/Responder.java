package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.http.ApiException;
import java.util.List;

/** Turns what happens to one request into its answer. Called on the request's event loop. */
public interface Responder {

    /** The prompts have become tokens and fit; next, the adapter is looked for, which may take long. */
    default void encoded(List<EncodedPrompt> prompts) {}

    /** The listener of one completion; called right before it is submitted. */
    GenerationListener listener(Prepared prepared, int index);

    /** The engine has taken the request: nothing but a failure of the generation itself can go wrong now. */
    default void started() {}

    /** The request failed before or while it was submitted. Ignored if it is over. */
    void fail(ApiException error);
}
