package dev.gorgon.engine;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** An engine over the demonstration model, for tests. */
public final class TestEngine implements AutoCloseable {

    private final LanguageModel model;
    private final Engine engine;
    private final Map<String, Adapter> adapters = new HashMap<>();

    /** What a generation produced. */
    public record Result(
            int[] ids,
            float[] logprobs,
            String streamed,
            List<PromptToken> prompt,
            Completion completion,
            List<TokenEvent> events) {}

    /** With the best kernels that this machine has. */
    public TestEngine(WeightFormat format, int threads, EngineOptions options, String defaultAdapter, Drafter drafter) {
        this("auto", format, threads, options, defaultAdapter, drafter);
    }

    public TestEngine(
            String kernels,
            WeightFormat format,
            int threads,
            EngineOptions options,
            String defaultAdapter,
            Drafter drafter) {
        this(
                new CpuBackend(KernelProviders.select(kernels), format, threads),
                options,
                made -> defaultAdapter.isEmpty()
                        ? Optional.empty()
                        : Optional.of(AdapterSlot.resident(made.adapter(defaultAdapter))),
                drafter);
    }

    /** @param byDefault the default adapter, made when {@link #adapter} can be called */
    TestEngine(
            Backend backend,
            EngineOptions options,
            Function<TestEngine, Optional<AdapterSlot>> byDefault,
            Drafter drafter) {
        this.model = ModelLoader.load("stheno-8m", DemoFolders.folder("stheno-8m"), backend, options);
        this.engine = new Engine(model, options, byDefault.apply(this), drafter);
    }

    public static EngineOptions options() {
        return new EngineOptions(32, 256, 96, 600, 8, false, false);
    }

    /** Float32, two threads, no default adapter, no drafts. */
    public static TestEngine plain() {
        return new TestEngine(WeightFormat.F32, 2, options(), "", Drafter.NONE);
    }

    public Engine engine() {
        return engine;
    }

    public LanguageModel model() {
        return model;
    }

    public Adapter adapter(String name) {
        return adapters.computeIfAbsent(
                name,
                key -> new AdapterLoader(model.decoder().config(), model.backend()).load(key, DemoFolders.folder(key)));
    }

    /** Submits a request and collects its events. */
    public CompletableFuture<Result> submit(GenerateRequest request) {
        return submit(engine, request);
    }

    /** Submits a request to an engine and collects its events. */
    public static CompletableFuture<Result> submit(Engine engine, GenerateRequest request) {
        Collector collector = new Collector();
        engine.submit(request, collector);
        return collector.result;
    }

    public Generation submit(GenerateRequest request, GenerationListener listener) {
        return engine.submit(request, listener);
    }

    public Result run(GenerateRequest request) {
        return await(submit(request));
    }

    public static Result await(CompletableFuture<Result> result) {
        try {
            return result.get(120, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Collector implements GenerationListener {
        final CompletableFuture<Result> result = new CompletableFuture<>();
        private final List<TokenEvent> events = new ArrayList<>();
        private List<PromptToken> prompt = List.of();

        @Override
        public void onPrompt(List<PromptToken> tokens) {
            prompt = tokens;
        }

        @Override
        public void onToken(TokenEvent token) {
            events.add(token);
        }

        @Override
        public void onFinish(Completion completion) {
            float[] logprobs = new float[events.size()];
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < logprobs.length; i++) {
                logprobs[i] = events.get(i).logprob();
                text.append(events.get(i).text());
            }
            result.complete(new Result(
                    events.stream().mapToInt(TokenEvent::id).toArray(),
                    logprobs,
                    text.toString(),
                    prompt,
                    completion,
                    List.copyOf(events)));
        }

        @Override
        public void onFailure(GenerationException failure) {
            result.completeExceptionally(failure);
        }
    }

    @Override
    public void close() {
        engine.close();
        adapters.values().forEach(Adapter::close);
        model.close();
    }
}
