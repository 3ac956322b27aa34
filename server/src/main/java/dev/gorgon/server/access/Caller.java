package dev.gorgon.server.access;

import dev.gorgon.server.http.ApiException;
import io.vertx.ext.web.RoutingContext;

/** What a request proved to be by its key, from least to most. */
public enum Caller {
    /** No key, or one that is none of ours. */
    ANYBODY,
    /** One of the server's keys. */
    CLIENT,
    /** The admin key. */
    OPERATOR;

    private static final String ATTRIBUTE = "gorgon.caller";

    /** What the {@link Gate} found out. */
    public static Caller of(RoutingContext context) {
        Caller caller = context.get(ATTRIBUTE);
        return caller == null ? ANYBODY : caller;
    }

    void enter(RoutingContext context) {
        context.put(ATTRIBUTE, this);
    }

    /** Whether the request comes from the operator. */
    public static boolean isOperator(RoutingContext context) {
        return of(context) == OPERATOR;
    }

    /**
     * Lets only the operator pass.
     *
     * @param operatorExists whether the server has an admin key
     * @throws ApiException 403 if there is no operator or a client's key was sent, 401 for anybody else
     */
    public static void requireOperator(RoutingContext context, boolean operatorExists) {
        if (!operatorExists) {
            throw ApiException.forbidden("this route is for the operator; start the server with --admin-key to use it");
        }
        switch (of(context)) {
            case OPERATOR -> {}
            case CLIENT ->
                throw ApiException.forbidden(
                        "this route is for the operator; an API key does not open it, the server's --admin-key does");
            case ANYBODY ->
                throw ApiException.unauthorized(
                        "this route is for the operator; send the server's --admin-key as 'Authorization: Bearer …'");
        }
    }
}
