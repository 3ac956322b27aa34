package dev.gorgon.client.types;

import dev.gorgon.client.json.Json;
import dev.gorgon.client.json.JsonObject;
import java.util.List;
import java.util.function.Function;

/**
 * Reads the answers of the smaller routes, for the client itself. All methods throw {@link
 * dev.gorgon.client.json.JsonException} if an answer is something else.
 */
public final class Answers {
    private Answers() {}

    private static <T> List<T> each(List<JsonObject> objects, Function<JsonObject, T> reader) {
        return objects.stream().map(reader).toList();
    }

    /** {@code /info}. */
    public static ServerInfo info(String json) {
        return ServerInfo.read(Json.object(json));
    }

    /** {@code /tokenize}. */
    public static List<Piece> pieces(String json) {
        return each(Json.objects(json), Piece::read);
    }

    /** {@code /v1/models}. */
    public static List<Model> models(String json) {
        return each(Json.object(json).objects("data"), Model::read);
    }

    /** {@code /adapters}. */
    public static List<Adapter> adapters(String json) {
        return each(Json.object(json).objects("adapters"), Adapter::read);
    }

    /** {@code /adapters/load}: the identity of what was loaded. */
    public static String loaded(String json) {
        return Json.object(json).text("identity");
    }

    /** {@code /adapters/unload}: whether it was in memory. */
    public static boolean unloaded(String json) {
        return Json.object(json).flag("was_loaded");
    }

    /** {@code /embed}. */
    public static float[] embedding(String json) {
        return Json.object(json).floats("embeddings");
    }

    /** {@code /classify}. */
    public static List<Entity> entities(String json) {
        return each(Json.objects(json), Entity::read);
    }

    /** {@code /classify_batch}. */
    public static List<List<Entity>> entitiesOfEach(String json) {
        return Json.lists(json).stream()
                .map(entities -> each(entities, Entity::read))
                .toList();
    }
}
