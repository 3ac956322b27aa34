package dev.gorgon.server.generate;

/** What a request orders, whatever API it came through. Called on the request's event loop. */
public interface Order {

    /**
     * How many generations it will be: known before anything else is looked at, because as many permits are taken first.
     *
     * @throws dev.gorgon.server.http.ApiException if this number is not allowed
     */
    int generations();

    /**
     * What to generate; called once permits are held.
     *
     * @throws dev.gorgon.server.http.ApiException if the request breaks a rule that needs no tokenizer
     */
    GenerationPlan plan();
}
