package dev.gorgon.cli;

import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.server.Adapters;
import dev.gorgon.server.Inference;
import dev.gorgon.server.Piece;
import java.util.List;
import java.util.Optional;

/** Connects the HTTP server to a model's engine. */
final class EngineInference implements Inference {

    private final ServedModel served;

    EngineInference(ServedModel served) {
        this.served = served;
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        return served.model().tokenizer().encode(text, addSpecialTokens);
    }

    @Override
    public String decode(int[] tokens) {
        return served.model().tokenizer().decode(tokens, false);
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
    public Adapters adapters() {
        return new EngineAdapters(served.adapters(), served.files());
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
    public Optional<ChatTemplate> chatTemplate() {
        return served.chatTemplate();
    }

    @Override
    public boolean endsSequence(int tokenId) {
        return served.model().eosTokens().contains(tokenId);
    }
}
