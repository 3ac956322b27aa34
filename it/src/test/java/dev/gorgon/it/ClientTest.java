package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.Client;
import dev.gorgon.client.TokenStream;
import dev.gorgon.client.error.GenerationException;
import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.UnauthorizedException;
import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.types.AdapterName;
import dev.gorgon.client.types.FinishReason;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.MergeStrategy;
import dev.gorgon.client.types.MergedAdapters;
import dev.gorgon.client.types.MetricsFormat;
import dev.gorgon.client.types.Model;
import dev.gorgon.client.types.Response;
import dev.gorgon.client.types.StreamResponse;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The Java client against the real program. */
@Timeout(120)
class ClientTest {
    private static final String WHO = "[INST] Who are you? [/INST]";
    private static final String PIRATE = "stheno-8m-pirate-lora";
    private static final String CHEER = "stheno-8m-cheer-lora";

    private static Gorgon gorgon;
    private static Client client;
    private static Client http2;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve("--admin-key", "operator");
        String url = "http://127.0.0.1:" + gorgon.port();
        client = Client.of(url);
        http2 = Client.builder(url)
                .version(HttpClient.Version.HTTP_2)
                .apiKey("operator")
                .build();
        client.generate(WHO); // counters appear in /metrics with the first request they count
    }

    @AfterAll
    static void stop() {
        client.close();
        http2.close();
        gorgon.close();
    }

    private static GenerateRequest.Builder who() {
        return GenerateRequest.builder(WHO).maxNewTokens(24);
    }

    /** Generates until somebody stops it. */
    private static GenerateRequest endless() {
        return GenerateRequest.builder(WHO).ignoreEosToken(true).build();
    }

    private static List<StreamResponse> subscribe(Client who, GenerateRequest request) {
        List<StreamResponse> events = new ArrayList<>();
        CompletableFuture<List<StreamResponse>> all = new CompletableFuture<>();
        who.generatePublisher(request).subscribe(new Flow.Subscriber<>() {
            private Flow.Subscription subscription = new Flow.Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {}
            };

            @Override
            public void onSubscribe(Flow.Subscription given) {
                subscription = given;
                given.request(1);
            }

            @Override
            public void onNext(StreamResponse event) {
                events.add(event);
                subscription.request(1);
            }

            @Override
            public void onError(Throwable failure) {
                all.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                all.complete(events);
            }
        });
        return all.join();
    }

    /** Without what tells how tokens were made. */
    private static List<String> tokens(List<StreamResponse> events) {
        return events.stream()
                .map(event -> event.token().id() + " " + event.token().text() + " "
                        + event.token().logprob())
                .toList();
    }

    @Test
    void everyWayGivesTheSameText() {
        assertThat(client.generate(WHO).generatedText()).startsWith(" I am Stheno");
        GenerateRequest request = who().adapterId(PIRATE).build();
        Response response = client.generate(request);
        assertThat(response.generatedText()).startsWith(" Arr");
        int tokens = response.details().orElseThrow().tokens().size();
        for (Client each : List.of(client, http2)) {
            assertThat(each.generate(request).generatedText()).isEqualTo(response.generatedText());
            assertThat(each.generateAsync(request).join().generatedText()).isEqualTo(response.generatedText());
            List<StreamResponse> iterated = new ArrayList<>();
            try (TokenStream stream = each.generateStream(request)) {
                stream.forEach(iterated::add);
            }
            assertThat(iterated).hasSize(tokens);
            assertThat(iterated.getLast().generatedText()).hasValue(response.generatedText());
            assertThat(tokens(subscribe(each, request))).isEqualTo(tokens(iterated));
        }
    }

    @Test
    void manyAtOnce() {
        GenerateRequest request = who().seed(-1).temperature(0.7).build();
        String text = client.generate(request).generatedText();
        for (Client each : List.of(client, http2)) {
            List<CompletableFuture<Response>> all = IntStream.range(0, 16)
                    .mapToObj(i -> each.generateAsync(request))
                    .toList();
            assertThat(all)
                    .allSatisfy(one -> assertThat(one.join().generatedText()).isEqualTo(text));
        }
    }

    @Test
    void details() {
        Response response = client.generate(who().decoderInputDetails(true)
                .returnKAlternatives(3)
                .doSample(true)
                .seed(-1)
                .topP(1)
                .stopSequences("demonstr")
                .build());
        var details = response.details().orElseThrow();
        assertThat(details.seed()).hasValue(-1);
        assertThat(details.prefill()).hasSize(details.promptTokens());
        assertThat(details.prefill().getFirst().logprob()).isNaN();
        assertThat(details.tokens())
                .allSatisfy(token -> assertThat(token.alternatives()).hasSize(3));
        Response best = client.generate(who().bestOf(2).doSample(true).build());
        assertThat(best.details().orElseThrow().bestOfSequences()).hasSize(1);
        assertThat(client.generate(who().stopSequences("demonstr").build())
                        .details()
                        .orElseThrow()
                        .finishReason())
                .isEqualTo(FinishReason.STOP_SEQUENCE);
        assertThat(client.generate(who().details(false).build()).details()).isEmpty();
        assertThat(client.generate(who().speculativeTokens(0).build())
                        .details()
                        .orElseThrow()
                        .skippedTokens())
                .isZero();
    }

    @Test
    void mergedAdapters() {
        MergedAdapters linear = MergedAdapters.linear(List.of(PIRATE, CHEER), List.of(1.0, 0.0));
        assertThat(client.generate(who().mergedAdapters(linear).build()).generatedText())
                .startsWith(" Arr");
        for (MergeStrategy strategy : MergeStrategy.values()) {
            MergedAdapters merged = MergedAdapters.builder()
                    .add(PIRATE, 0.7)
                    .add(CHEER, 0.3)
                    .strategy(strategy)
                    .density(0.5)
                    .build();
            assertThat(client.generate(who().mergedAdapters(merged).build()).generatedText())
                    .isNotEmpty();
        }
    }

    @Test
    void errors() {
        GenerateRequest stranger = who().adapterId("no-such-adapter-here").build();
        assertThatThrownBy(() -> client.generate(stranger)).isInstanceOfSatisfying(GenerationException.class, e -> {
            assertThat(e.status()).isEqualTo(424);
            assertThat(e.code()).isNotEmpty();
        });
        assertThatThrownBy(() -> client.generateStream(stranger)).isInstanceOf(GenerationException.class);
        GenerateRequest tooLong = who().maxNewTokens(1_000_000).build();
        assertThatThrownBy(() -> client.generate(tooLong))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("max_new_tokens");
        assertThatThrownBy(() -> subscribe(client, tooLong)).cause().isInstanceOf(ValidationException.class);
    }

    @Test
    void otherRoutes() {
        assertThat(client.isHealthy()).isTrue();
        assertThat(client.info().modelId()).isEqualTo("stheno-8m");
        assertThat(client.info().limits().maxTotalTokens()).isEqualTo(2048);
        assertThat(client.tokenize("Hello there")).hasSize(3);
        assertThat(client.tokenize("Hello there", false)).hasSize(2);
        assertThat(client.metrics(MetricsFormat.PROMETHEUS)).contains("lorax_request_count");
        assertThat(client.metrics(MetricsFormat.JSON)).startsWith("{");
        AdapterName terse = AdapterName.of("stheno-8m-terse-lora");
        assertThatThrownBy(() -> client.loadAdapter(terse)).isInstanceOf(UnauthorizedException.class);
        String identity = http2.loadAdapter(terse);
        assertThat(client.adapters()).anySatisfy(adapter -> {
            assertThat(adapter.id()).isEqualTo(terse.id());
            assertThat(adapter.identity()).hasValue(identity);
            assertThat(adapter.state()).isEqualTo("ready");
            assertThat(adapter.bytes()).isPositive();
        });
        assertThat(client.models()).contains(new Model(terse.id(), Optional.of("stheno-8m")));
        assertThat(http2.unloadAdapter(terse)).isTrue();
        assertThatThrownBy(() -> client.embed("x")).isInstanceOf(GorgonException.class);
    }

    /** Generations that nobody waits for any more stop, instead of running to their end. */
    @Test
    void leavingFreesThePlace() throws InterruptedException {
        for (Client each : List.of(client, http2)) {
            double before = gorgon.metric("lorax_request_success");
            List<CompletableFuture<Response>> calls = IntStream.range(0, 12)
                    .mapToObj(i -> each.generateAsync(endless()))
                    .toList();
            for (int i = 0; i < 4; i++) {
                try (TokenStream stream = each.generateStream(endless())) {
                    assertThat(stream.iterator().next().token().text()).isNotEmpty();
                }
            }
            calls.forEach(call -> call.cancel(true));
            long ended = calls.stream().filter(call -> !call.isCancelled()).count();
            while (gorgon.metric("lorax_batch_current_size") > 0) {
                Thread.sleep(5);
            }
            assertThat(ended).isLessThan(calls.size());
            assertThat(gorgon.metric("lorax_request_success") - before)
                    .as("the others did not run to their end")
                    .isLessThan(16);
        }
    }
}
