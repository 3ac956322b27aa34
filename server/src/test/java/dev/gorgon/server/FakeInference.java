package dev.gorgon.server;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.MedusaLora;
import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.engine.kv.PrefixStats;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.text.ChatTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * An engine that says what the test tells it to, on its own thread. Prompts have one token per word after a first token 1;
 * token 2 ends sequences. Unless a test takes over, {@link #script} answers every request with " Paris" ".".
 */
final class FakeInference implements Inference, AutoCloseable {
    static final int EOS = 2;

    final BlockingQueue<Fake> submitted = new LinkedBlockingQueue<>();
    final List<AdapterRef> adapterRequests = new CopyOnWriteArrayList<>();
    final Map<String, CompletableFuture<AdapterSlot>> adapters = new ConcurrentHashMap<>();
    final FakeAdapters registry = new FakeAdapters();
    private final ExecutorService engine = Executors.newSingleThreadExecutor();

    volatile Consumer<Fake> script = FakeInference::paris;
    volatile boolean healthy = true;
    volatile Optional<ChatTemplate> chatTemplate = Optional.empty();
    volatile EngineStats stats = new EngineStats(
            3, 2, 10, 64, 100, 250, 90, 60, 1, 5_000_000, 2_000_000_000L, new PrefixStats(7, 96, 2, 12));

    /** One submitted generation; its methods run on the engine's thread. */
    final class Fake implements Generation {
        final GenerateRequest request;
        final CountDownLatch cancelled = new CountDownLatch(1);
        private final GenerationListener listener;
        private final StringBuilder text = new StringBuilder();
        private int count;
        private int skipped;

        Fake(GenerateRequest request, GenerationListener listener) {
            this.request = request;
            this.listener = listener;
        }

        @Override
        public void cancel() {
            cancelled.countDown();
        }

        boolean awaitCancel() throws InterruptedException {
            return cancelled.await(10, TimeUnit.SECONDS);
        }

        /** Runs events on the engine's thread, all in one go. */
        void step(Consumer<Fake> events) {
            engine.execute(() -> events.accept(this));
        }

        void prompt(PromptToken... tokens) {
            listener.onPrompt(List.of(tokens));
        }

        void token(int id, String piece, float logprob, boolean isSkipped) {
            token(new TokenEvent(id, piece, logprob, id == EOS, isSkipped, List.of()));
        }

        void token(TokenEvent token) {
            count++;
            skipped += token.skipped() ? 1 : 0;
            if (!token.special()) {
                text.append(token.text());
            }
            listener.onToken(token);
        }

        void finish(FinishReason reason) {
            listener.onFinish(new Completion(
                    reason,
                    text.toString(),
                    request.promptTokens().length,
                    0,
                    count,
                    skipped,
                    count - skipped,
                    count,
                    skipped,
                    3_000_000L,
                    7_000_000L,
                    19_000_000L));
        }

        void fail(String message) {
            fail(new GenerationException(message));
        }

        void fail(GenerationException failure) {
            listener.onFailure(failure);
        }
    }

    static void paris(Fake fake) {
        fake.token(3681, " Paris", -0.0123f, false);
        fake.token(28723, ".", -0.21f, true);
        fake.token(EOS, "</s>", -0.05f, false);
        fake.finish(FinishReason.EOS_TOKEN);
    }

    /** From now on tests drive the generations themselves. */
    void manual() {
        script = fake -> {};
    }

    Fake next() throws InterruptedException {
        Fake fake = submitted.poll(10, TimeUnit.SECONDS);
        if (fake == null) {
            throw new AssertionError("nothing was submitted");
        }
        return fake;
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        if (text.contains("<unencodable>")) {
            throw new IllegalStateException("no such piece");
        }
        int[] tokens = new int[text.split(" ").length + (addSpecialTokens ? 1 : 0)];
        Arrays.setAll(tokens, i -> i + 1);
        return tokens;
    }

    @Override
    public String decode(int[] tokens) {
        return Arrays.stream(tokens).mapToObj(id -> "<" + id + ">").collect(Collectors.joining());
    }

    @Override
    public List<Piece> pieces(String text, boolean addSpecialTokens) {
        List<Piece> pieces = new ArrayList<>();
        if (addSpecialTokens) {
            pieces.add(new Piece(1, "<s>", 0, 0));
        }
        pieces.add(new Piece(7, "▁" + text, 0, text.codePointCount(0, text.length())));
        return pieces;
    }

    @Override
    public Generation submit(GenerateRequest request, GenerationListener listener) {
        Fake fake = new Fake(request, listener);
        submitted.add(fake);
        fake.step(script);
        return fake;
    }

    @Override
    public Adapters adapters() {
        return registry;
    }

    /** A registry that knows what the test put into {@link #adapters}. */
    final class FakeAdapters implements Adapters {
        volatile List<AdapterStatus> list = List.of();
        final List<MergeSpec> merges = new CopyOnWriteArrayList<>();
        volatile Optional<Boolean> unloaded = Optional.of(true);

        @Override
        public CompletableFuture<AdapterSlot> resolve(AdapterRef adapter) {
            adapterRequests.add(adapter);
            return adapters.getOrDefault(
                    adapter.id(),
                    CompletableFuture.failedFuture(
                            new AdapterException("No valid adapter config file found: tried None and None")));
        }

        @Override
        public CompletableFuture<AdapterSlot> resolveMerged(List<AdapterRef> parts, MergeSpec spec) {
            merges.add(spec);
            parts.forEach(adapterRequests::add);
            return CompletableFuture.completedFuture(AdapterSlot.resident(adapter("merged")));
        }

        @Override
        public CompletableFuture<AdapterSlot> load(AdapterRef adapter) {
            return resolve(adapter);
        }

        @Override
        public Optional<Boolean> unload(AdapterRef adapter) {
            adapterRequests.add(adapter);
            return unloaded;
        }

        @Override
        public List<AdapterStatus> list() {
            return list;
        }

        @Override
        public PoolStats stats() {
            return new PoolStats(300, 1000, 3, 1, 7, 4);
        }
    }

    void addAdapter(String id) {
        adapters.put(id, CompletableFuture.completedFuture(AdapterSlot.resident(adapter(id))));
    }

    /** An adapter without contents: the server passes adapters on and never looks inside. */
    @SuppressWarnings("NullAway")
    static Adapter adapter(String id) {
        return new MedusaLora(id, null, null);
    }

    @Override
    public EngineStats stats() {
        return stats;
    }

    @Override
    public boolean healthy() {
        return healthy;
    }

    @Override
    public int vocabularySize() {
        return 32_000;
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    @Override
    public boolean endsSequence(int tokenId) {
        return tokenId == EOS;
    }

    @Override
    public void close() {
        engine.shutdownNow();
    }
}
