package dev.gorgon.client;

import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.Response;
import dev.gorgon.client.types.StreamResponse;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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
