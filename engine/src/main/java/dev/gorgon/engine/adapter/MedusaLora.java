package dev.gorgon.engine.adapter;

import java.util.Optional;

/** A LoRA that brings heads trained for it, from one folder (spec medusa.md §1.2, {@code medusa_lora}). */
public record MedusaLora(String id, Lora low, Medusa heads) implements Adapter {

    @Override
    public long bytes() {
        return low.bytes() + heads.bytes();
    }

    @Override
    public Optional<Lora> lora() {
        return Optional.of(low);
    }

    @Override
    public Optional<Medusa> medusa() {
        return Optional.of(heads);
    }

    @Override
    public void close() {
        low.close();
        heads.close();
    }
}
