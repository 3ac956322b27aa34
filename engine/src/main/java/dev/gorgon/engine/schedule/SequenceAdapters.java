package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLease;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of one sequence. LoRAs never stack, while the default's heads draft for every request that brings none (spec
 * lorax-contract.md §2.3, §3.4). While the sequence waits for its turn it holds nothing; from its start to its end it holds leases,
 * also when it is preempted in between: so whoever holds a lease waits for key/value blocks only, never for the memory of adapters,
 * and will end. Engine thread only.
 */
final class SequenceAdapters {

    private static final Logger LOG = LoggerFactory.getLogger(SequenceAdapters.class);

    private final Optional<AdapterSlot> serving;
    private final Optional<AdapterSlot> drafting;
    private final List<AdapterLease> leases = new ArrayList<>(2);
    private Optional<Lora> lora = Optional.empty();
    private Optional<Medusa> medusa = Optional.empty();

    /**
     * @param serving whose LoRA and heads are used; empty for the bare base model
     * @param drafting whose heads draft if {@code serving} has none
     */
    private SequenceAdapters(Optional<AdapterSlot> serving, Optional<AdapterSlot> drafting) {
        this.serving = serving;
        this.drafting = drafting;
    }

    static SequenceAdapters of(AdapterSelection selection, Optional<AdapterSlot> byDefault) {
        return switch (selection) {
            case AdapterSelection.Default _ -> new SequenceAdapters(byDefault, Optional.empty());
            case AdapterSelection.Base _ -> new SequenceAdapters(Optional.empty(), byDefault);
            case AdapterSelection.Of(AdapterSlot slot) -> new SequenceAdapters(Optional.of(slot), byDefault);
        };
    }

    /** Identity of the adapter that serves the sequence; empty for the base model. */
    String identity() {
        return serving.map(AdapterSlot::identity).orElse("");
    }

    /** Name of that adapter; empty for the base model. */
    String name() {
        return serving.map(AdapterSlot::name).orElse("");
    }

    Optional<AdapterSlot> serving() {
        return serving;
    }

    Optional<AdapterUsage> usage() {
        return serving.map(AdapterSlot::usage);
    }

    /**
     * Takes the leases; false if the serving adapter's weights are not in memory. The default's heads are taken if they are there:
     * they affect speed only, so nothing waits for them. Does nothing for a sequence that holds its leases already.
     */
    boolean tryAcquire() {
        if (!leases.isEmpty()) {
            return true;
        }
        if (serving.isPresent()) {
            Optional<AdapterLease> lease = serving.get().tryAcquire();
            if (lease.isEmpty()) {
                return false;
            }
            leases.add(lease.get());
            Adapter adapter = lease.get().adapter();
            lora = adapter.lora();
            medusa = adapter.medusa();
        }
        if (medusa.isEmpty() && drafting.isPresent()) {
            drafting.get().tryAcquire().ifPresent(this::draftWith);
        }
        return true;
    }

    private void draftWith(AdapterLease lease) {
        leases.add(lease);
        medusa = lease.adapter().medusa();
        if (medusa.isEmpty()) {
            leases.removeLast();
            lease.close();
        }
    }

    /** The LoRA, while the leases are held. */
    Optional<Lora> lora() {
        return lora;
    }

    /** The heads, while the leases are held. */
    Optional<Medusa> medusa() {
        return medusa;
    }

    /** What computed the sequence's keys and values besides the base model: the identity of its LoRA, or nothing. */
    String loraIdentity() {
        return lora.isPresent() ? identity() : "";
    }

    /** Closes the leases; each is closed once, however often this is called. */
    void release() {
        lora = Optional.empty();
        medusa = Optional.empty();
        for (AdapterLease lease : leases) {
            try {
                lease.close();
            } catch (RuntimeException e) {
                LOG.error("a lease of adapter {} could not be closed", name(), e);
            }
        }
        leases.clear();
    }
}
