package dev.gorgon.server.adapters;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.AdapterRef;
import dev.gorgon.server.Adapters;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.access.Caller;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.JsonOut;
import dev.gorgon.server.json.JsonText;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows and manages adapters. Everybody may see those that everybody may use; the operator sees all of them, and may load and
 * unload. LoRAX has none of this.
 */
public final class AdapterRoutes {
    private final Vertx vertx;
    private final Bodies bodies;
    private final ServerConfig config;
    private final Adapters adapters;
    private final boolean operatorExists;
    private final AdapterJson.ServedModelInfo model;

    public AdapterRoutes(Vertx vertx, Bodies bodies, ServerConfig config, Adapters adapters) {
        this.vertx = vertx;
        this.bodies = bodies;
        this.config = config;
        this.adapters = adapters;
        this.operatorExists = config.access().adminKey().isPresent();
        this.model = new AdapterJson.ServedModelInfo(
                config.model().id(),
                System.currentTimeMillis() / 1000,
                config.limits().maxTotalTokens());
    }

    /** {@code GET /adapters}. */
    public void list(RoutingContext context) {
        Replies.json(context.response(), AdapterJson.list(model.id(), visible(context), adapters.stats()));
    }

    /** {@code GET /v1/models}: the base model and what can be used like it. */
    public void models(RoutingContext context) {
        List<AdapterStatus> usable = visible(context).stream()
                .filter(status -> status.state() != AdapterState.FAILED
                        && !status.identity().isEmpty())
                .toList();
        Replies.json(context.response(), AdapterJson.models(model, usable));
    }

    /** The names of private adapters are private as well. */
    private List<AdapterStatus> visible(RoutingContext context) {
        boolean operator = Caller.isOperator(context);
        return adapters.list().stream()
                .filter(status -> operator || !status.restricted())
                .toList();
    }

    /** {@code POST /adapters/load}: brings an adapter into memory; answers when it is there. */
    public void load(RoutingContext context) {
        manage(context, reference -> {
            Context loop = vertx.getOrCreateContext();
            adapters.load(reference)
                    .whenComplete((slot, failure) ->
                            loop.runOnContext(then -> loaded(context.response(), reference, slot, failure)));
        });
    }

    private static void loaded(
            HttpServerResponse response,
            AdapterRef reference,
            @Nullable AdapterSlot slot,
            @Nullable Throwable failure) {
        if (failure != null || slot == null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            Replies.error(response, cause == null ? ApiException.internal() : ApiException.adapter(cause));
            return;
        }
        Replies.json(
                response,
                JsonOut.write(out -> out.object(() -> out.text("adapter_id", reference.id())
                        .text("adapter_source", reference.source().wireName())
                        .text("identity", slot.identity())
                        .text("state", AdapterState.READY.wireName()))));
    }

    /** {@code POST /adapters/unload}: lets an adapter go; requests that run with it are finished first. */
    public void unload(RoutingContext context) {
        manage(context, reference -> {
            Optional<Boolean> wasThere = adapters.unload(reference);
            if (wasThere.isEmpty()) {
                throw ApiException.conflict("adapter " + reference.id()
                        + " was loaded at the start of the server and stays as long as the server runs");
            }
            Replies.json(
                    context.response(),
                    JsonOut.write(out -> out.object(() -> out.text("adapter_id", reference.id())
                            .text("adapter_source", reference.source().wireName())
                            .flag("was_loaded", wasThere.get()))));
        });
    }

    private void manage(RoutingContext context, Consumer<AdapterRef> action) {
        try {
            Caller.requireOperator(context, operatorExists);
        } catch (ApiException e) {
            Replies.error(context.response(), e);
            return;
        }
        bodies.handleJson(context, json -> {
            try {
                action.accept(reference(JsonText.parse(json, "AdapterRequest")));
            } catch (ApiException e) {
                Replies.error(context.response(), e);
            }
        });
    }

    private AdapterRef reference(Fields body) {
        String id = body.requiredString("adapter_id");
        String source = body.optionalString("adapter_source");
        String token = body.optionalString("api_token");
        if (id.isEmpty()) {
            throw ApiException.validation("`adapter_id` must not be empty");
        }
        AdapterSource known = source == null
                ? config.defaultAdapterSource()
                : AdapterSource.parse(source)
                        .orElseThrow(
                                () -> ApiException.validation("`adapter_source` must be one of hub, local, s3, pbase"));
        return new AdapterRef(id, known, token == null ? "" : token);
    }
}
