package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterSlot;

/** Which weights a request wants. */
public sealed interface AdapterSelection {

    /** The server's default adapter, or the bare base model if there is none. */
    AdapterSelection DEFAULT = new Default();

    /** The bare base model, whatever the default adapter is; the default's Medusa heads still draft for it. */
    AdapterSelection BASE = new Base();

    /** See {@link #DEFAULT}. */
    record Default() implements AdapterSelection {}

    /** See {@link #BASE}. */
    record Base() implements AdapterSelection {}

    /** A certain adapter. LoRAs never stack; the default's heads draft if it brings none. */
    record Of(AdapterSlot slot) implements AdapterSelection {}

    static AdapterSelection of(AdapterSlot slot) {
        return new Of(slot);
    }

    /** An adapter that stays in memory as long as the engine; see {@link AdapterSlot#resident}. */
    static AdapterSelection of(Adapter adapter) {
        return new Of(AdapterSlot.resident(adapter));
    }
}
