package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.http.ApiException;

/** Turns what happens to one request into its answer. Called on the request's event loop. */
public interface Responder {

    /** The listener of one completion; called right before it is submitted, in order of index. */
    GenerationListener listener(Prepared prepared, int index);

    /** The request failed before or while it was submitted. Ignored if it is over. */
    void fail(ApiException error);
}
