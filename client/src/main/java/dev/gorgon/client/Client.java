package dev.gorgon.client;

import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.RequestInterruptedException;
import dev.gorgon.client.json.Json;
import dev.gorgon.client.types.Adapter;
import dev.gorgon.client.types.AdapterName;
import dev.gorgon.client.types.Answers;
import dev.gorgon.client.types.Entity;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.MetricsFormat;
import dev.gorgon.client.types.Model;
import dev.gorgon.client.types.Piece;
import dev.gorgon.client.types.Response;
import dev.gorgon.client.types.ServerInfo;
import dev.gorgon.client.types.StreamResponse;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;

/**
 * A client of one Gorgon or LoRAX server; threads share it.
 *
 * <pre>{@code
 * try (Client client = Client.of("http://127.0.0.1:8080")) {
 *     System.out.println(client.generate("[INST] Who are you? [/INST]", "stheno-8m-pirate-lora").generatedText());
 * }
 * }</pre>
 *
 * <p>All methods throw {@link dev.gorgon.client.error.GorgonException}s, or complete with them.
 */
public final class Client implements AutoCloseable {
    private static final String JSON = "application/json";

    private static final EventFormat<StreamResponse> TOKENS = new EventFormat<>() {
        @Override
        public StreamResponse read(String data) {
            return StreamResponse.read(data);
        }

        @Override
        public boolean isLast(StreamResponse event) {
            return event.isLast();
        }
    };

    private final HttpClient http;
    private final boolean ownsHttp;
    private final Transport transport;
    private final Retries retries;

    Client(HttpClient http, boolean ownsHttp, Settings settings) {
        this.http = http;
        this.ownsHttp = ownsHttp;
        this.transport = new Transport(http, settings);
        this.retries = new Retries(settings.retries(), settings.timers(), settings.chance());
    }

    /** A client of the server at an address like {@code http://127.0.0.1:8080}, with the defaults of {@link ClientBuilder}. */
    public static Client of(String baseUrl) {
        return builder(baseUrl).build();
    }

    /** A client, setting by setting. */
    public static ClientBuilder builder(String baseUrl) {
        return new ClientBuilder(baseUrl);
    }

    /** Continues a prompt with the server's defaults. */
    public Response generate(String prompt) {
        return generate(GenerateRequest.of(prompt));
    }

    /** Continues a prompt with an adapter. */
    public Response generate(String prompt, String adapterId) {
        return generate(GenerateRequest.builder(prompt).adapterId(adapterId).build());
    }

    /** Generates a text, and waits for it. */
    public Response generate(GenerateRequest request) {
        return Waiting.forResult(generateAsync(request));
    }

    /** Generates a text. Cancelling this future (not one derived from it) stops the generation on the server. */
    public CompletableFuture<Response> generateAsync(GenerateRequest request) {
        return call(transport.post("/generate", request.json(), JSON), Response::read);
    }

    /**
     * Generates a text and lets its tokens be read as they come. Waits for the first one, so that a request that is refused fails
     * here.
     */
    public TokenStream generateStream(GenerateRequest request) {
        return new TokenStream(Waiting.forResult(stream(streaming(request))));
    }

    /**
     * The tokens of a text as they come. Each subscriber has a request of its own, which is sent when it subscribes. Nothing is
     * read from the network until it is requested (but for the first event); cancelling the subscription stops the generation.
     * Signals come from threads of the HTTP client, which a subscriber must not block.
     */
    public Flow.Publisher<StreamResponse> generatePublisher(GenerateRequest request) {
        HttpRequest sent = streaming(request);
        return new StreamPublisher<>(() -> stream(sent));
    }

    /** What the server runs and allows. */
    public ServerInfo info() {
        return get("/info", Answers::info);
    }

    /** Whether the server is there and ready. Nothing is tried again. */
    public boolean isHealthy() {
        try {
            return Waiting.forResult(transport.text(transport.get("/health", "*/*"), body -> true));
        } catch (RequestInterruptedException e) {
            throw e;
        } catch (GorgonException e) {
            return false;
        }
    }

    /** The metrics, as they are. */
    public String metrics(MetricsFormat format) {
        return Waiting.forResult(call(transport.get("/metrics", format.mediaType()), text -> text));
    }

    /** The base model and the adapters that can be used like it; only of Gorgon. */
    public List<Model> models() {
        return get("/v1/models", Answers::models);
    }

    /** The adapters the server knows; private ones only with the operator's key. Only of Gorgon. */
    public List<Adapter> adapters() {
        return get("/adapters", Answers::adapters);
    }

    /**
     * Brings an adapter into memory, and waits until it is there; for the operator, whose key must be {@link
     * ClientBuilder#apiKey}. Only of Gorgon.
     *
     * @return a hash of its content
     */
    public String loadAdapter(AdapterName name) {
        return post("/adapters/load", name.json(), Answers::loaded);
    }

    /**
     * Lets an adapter go when nobody uses it any more; for the operator, as above.
     *
     * @return whether it was in memory
     */
    public boolean unloadAdapter(AdapterName name) {
        return post("/adapters/unload", name.json(), Answers::unloaded);
    }

    /** The tokens of a text, with the special ones a prompt would get. */
    public List<Piece> tokenize(String text) {
        return tokenize(text, true);
    }

    /** The tokens of a text. */
    public List<Piece> tokenize(String text, boolean addSpecialTokens) {
        return post(
                "/tokenize",
                Json.write(Map.of("inputs", text, "add_special_tokens", addSpecialTokens)),
                Answers::pieces);
    }

    /** A text as a vector; fails on servers that generate text. */
    public float[] embed(String text) {
        return post("/embed", Json.write(Map.of("inputs", text)), Answers::embedding);
    }

    /** What a classification model finds in a text; fails on servers that generate text. */
    public List<Entity> classify(String text) {
        return post("/classify", Json.write(Map.of("inputs", text)), Answers::entities);
    }

    /** What a classification model finds in each of several texts; fails on servers that generate text. */
    public List<List<Entity>> classifyBatch(List<String> texts) {
        return post("/classify_batch", Json.write(Map.of("inputs", texts)), Answers::entitiesOfEach);
    }

    private <T> T get(String path, Function<String, T> reader) {
        return Waiting.forResult(call(transport.get(path, JSON), reader));
    }

    private <T> T post(String path, String json, Function<String, T> reader) {
        return Waiting.forResult(call(transport.post(path, json, JSON), reader));
    }

    private HttpRequest streaming(GenerateRequest request) {
        request.requireStreamable();
        return transport.post("/generate_stream", request.json(), "text/event-stream");
    }

    private Call<EventSource<StreamResponse>> stream(HttpRequest request) {
        return retries.run(() -> transport.events(request, TOKENS), EventSource::cancel);
    }

    private <T> Call<T> call(HttpRequest request, Function<String, T> reader) {
        return retries.run(() -> transport.text(request, reader), late -> {});
    }

    /** Aborts what is under way, and lets go of connections and threads; a shared HTTP client is left as it is. */
    @Override
    public void close() {
        if (ownsHttp) {
            http.shutdownNow();
        }
    }
}
