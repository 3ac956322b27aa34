package dev.gorgon.client;

import dev.gorgon.client.error.GenerationException;
import dev.gorgon.client.error.OverloadedException;
import dev.gorgon.client.types.AdapterSource;
import dev.gorgon.client.types.Details;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.MajoritySignMethod;
import dev.gorgon.client.types.MergeStrategy;
import dev.gorgon.client.types.MergedAdapters;
import dev.gorgon.client.types.MetricsFormat;
import dev.gorgon.client.types.Model;
import dev.gorgon.client.types.Piece;
import dev.gorgon.client.types.Response;
import dev.gorgon.client.types.ServerInfo;
import dev.gorgon.client.types.StreamResponse;
import dev.gorgon.client.types.Token;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** What docs/client.md shows, statement by statement; {@link DocumentationTest} compares and runs it. */
final class Examples {
    private Examples() {}

    /** Everything that needs a server, which {@code url} is the address of. */
    static List<Object> all(String url) {
        Client client = Client.of(url);
        String prompt = "[INST] Who are you? [/INST]";

        Response response = client.generate(prompt);
        System.out.println(response.generatedText());

        GenerateRequest request = GenerateRequest.builder(prompt)
                .maxNewTokens(64)
                .temperature(0.7)
                .topP(0.95)
                .seed(42)
                .stopSequences("[INST]")
                .build();
        response = client.generate(request);

        Details details = response.details().orElseThrow();
        System.out.println(details.finishReason() + " after " + details.generatedTokens() + " tokens");
        for (Token token : details.tokens()) {
            System.out.println(token.text() + " " + token.logprob());
        }

        response = client.generate(prompt, "stheno-8m-pirate-lora");

        GenerateRequest fromFolder = GenerateRequest.builder(prompt)
                .adapterId("/data/adapters/mine")
                .adapterSource(AdapterSource.LOCAL)
                .build();
        GenerateRequest fromHub = GenerateRequest.builder(prompt)
                .adapterId("owner/private-adapter")
                .adapterSource(AdapterSource.HUB)
                .apiToken(System.getenv().getOrDefault("HF_TOKEN", ""))
                .build();

        MergedAdapters sum =
                MergedAdapters.linear(List.of("stheno-8m-pirate-lora", "stheno-8m-cheer-lora"), List.of(0.7, 0.3));
        MergedAdapters ties = MergedAdapters.builder()
                .add("stheno-8m-pirate-lora", 0.7)
                .add("stheno-8m-cheer-lora", 0.3)
                .strategy(MergeStrategy.TIES)
                .density(0.5)
                .majoritySignMethod(MajoritySignMethod.TOTAL)
                .build();
        response = client.generate(
                GenerateRequest.builder(prompt).mergedAdapters(ties).build());

        StringBuilder text = new StringBuilder();
        try (TokenStream stream = client.generateStream(request)) {
            for (StreamResponse event : stream) {
                if (!event.token().special()) {
                    text.append(event.token().text());
                }
            }
        }

        Flow.Publisher<StreamResponse> tokens = client.generatePublisher(request);

        CompletableFuture<String> later = client.generateAsync(request).thenApply(Response::generatedText);

        try {
            response = client.generate(prompt, "no-such-adapter");
        } catch (GenerationException e) {
            System.err.println(e.code() + ": " + e.getMessage());
        } catch (OverloadedException e) {
            System.err.println("come back in " + e.retryAfter().orElse(Duration.ofSeconds(1)));
        }

        Client configured = Client.builder(url)
                .apiKey("the key of --api-key")
                .header("x-llm-d-inference-fairness-id", "team-a")
                .connectTimeout(Duration.ofSeconds(5))
                .requestTimeout(Duration.ofMinutes(5))
                .retries(RetryPolicy.standard().withMaxRetries(4))
                .build();

        ServerInfo info = client.info();
        boolean ready = client.isHealthy();
        List<Model> models = client.models();
        List<Piece> pieces = client.tokenize("Hello there");
        String metrics = client.metrics(MetricsFormat.PROMETHEUS);

        return List.of(
                sum,
                ties,
                fromFolder,
                fromHub,
                text.toString(),
                tokens,
                later,
                configured,
                info,
                ready,
                models,
                pieces,
                metrics);
    }
}
