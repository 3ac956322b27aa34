package dev.gorgon.server;

/**
 * What a server holds for its clients.
 *
 * @param connections open ones
 * @param requests generations being served
 * @param queuedTokens of requests that wait for their first token
 * @param bodyBytes of bodies being received
 */
public record ServerLoad(int connections, int requests, long queuedTokens, long bodyBytes) {

    /** Nobody is there. */
    public static final ServerLoad NONE = new ServerLoad(0, 0, 0, 0);
}
