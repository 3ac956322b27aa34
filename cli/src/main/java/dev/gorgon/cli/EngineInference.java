package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.server.AdapterRef;
import dev.gorgon.server.Inference;
import dev.gorgon.server.Piece;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** Connects the HTTP server to a model's engine. */
final class EngineInference implements Inference {

    private final ServedModel served;
    private final Executor downloads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("adapter-", 0).factory());

    EngineInference(ServedModel served) {
        this.served = served;
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        return served.model().tokenizer().encode(text, addSpecialTokens);
    }

    @Override
    public List<Piece> pieces(String text, boolean addSpecialTokens) {
        return served.model().tokenizer().pieces(text, addSpecialTokens).stream()
                .map(piece -> new Piece(piece.id(), piece.text(), piece.start(), piece.stop()))
                .toList();
    }

    @Override
    public Generation submit(GenerateRequest request, GenerationListener listener) {
        return served.engine().submit(request, listener);
    }

    @Override
    public CompletableFuture<AdapterSlot> loadAdapter(AdapterRef adapter) {
        return CompletableFuture.supplyAsync(() -> folder(adapter), downloads)
                .thenCompose(folder -> served.adapters().load(adapter.id(), folder))
                .thenApply(AdapterSlot::resident)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(
                        e instanceof CompletionException && e.getCause() != null ? e.getCause() : e));
    }

    private Path folder(AdapterRef adapter) {
        FileRef ref = FileRef.of(adapter.source(), adapter.id());
        Credential credential = new Credential(adapter.apiToken());
        Located located = served.files().locate(ref, credential);
        return served.files().fetch(located, Contents.ADAPTER, credential, Progress.NONE);
    }

    @Override
    public EngineStats stats() {
        return served.engine().stats();
    }

    @Override
    public boolean healthy() {
        return served.engine().isRunning();
    }

    @Override
    public int vocabularySize() {
        return served.model().decoder().config().vocabularySize();
    }

    @Override
    public boolean endsSequence(int tokenId) {
        return served.model().eosTokens().contains(tokenId);
    }
}
