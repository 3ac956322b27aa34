package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Matrix;
import java.util.List;
import java.util.Optional;

/**
 * Medusa heads: head i guesses, from the final hidden state at a position, the token at distance 2 + i (spec medusa.md §1.1).
 * Version 2 heads share the base model's LM head; version 1 heads have their own.
 */
public final class Medusa implements Adapter {

    private final String id;
    private final Backend.Memory memory;
    private final List<Head> heads;

    Medusa(String id, Backend.Memory memory, List<Head> heads) {
        this.id = id;
        this.memory = memory;
        this.heads = List.copyOf(heads);
    }

    /**
     * One head.
     *
     * @param blocks residual blocks, applied in order; may be empty
     * @param lmHead the head's own LM head, {@code [vocabulary][hidden]}; empty for version 2
     */
    public record Head(List<Block> blocks, Optional<Matrix> lmHead) {}

    /** A residual block {@code x + silu(W·x + b)}: W is {@code [hidden][hidden]}, b one row. */
    public record Block(Matrix weight, Activations bias) {}

    public List<Head> heads() {
        return heads;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public Optional<Lora> lora() {
        return Optional.empty();
    }

    @Override
    public Optional<Medusa> medusa() {
        return Optional.of(this);
    }

    @Override
    public void close() {
        memory.close();
    }
}
