package dev.gorgon.server.docs;

import dev.gorgon.server.http.Replies;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /api-doc/openapi.json} and {@code GET /docs} (LoRAX contract, section 1.1). */
public final class DocsRoutes {
    private final String json;
    private final String html;

    /** @param version of the program */
    public DocsRoutes(String version) {
        OpenApi api = OpenApi.of(version);
        this.json = api.json();
        this.html = DocsPage.of(api);
    }

    /** The OpenAPI document. */
    public void document(RoutingContext context) {
        Replies.json(context.response(), json);
    }

    /** The same for people. */
    public void page(RoutingContext context) {
        Replies.send(context.response(), 200, "text/html; charset=utf-8", html);
    }
}
