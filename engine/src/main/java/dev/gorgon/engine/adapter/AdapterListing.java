package dev.gorgon.engine.adapter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts together what names and slots know. */
record AdapterListing(AdapterPool pool) {

    /** What names add to a slot. */
    private static final class Names {
        final Set<AdapterOrigin.Name> names = new LinkedHashSet<>();
        boolean restricted;
    }

    List<AdapterStatus> of(List<NamedAdapter> named, List<PooledSlot> slots) {
        Map<PooledSlot, Names> bySlot = new LinkedHashMap<>();
        slots.forEach(slot -> bySlot.put(slot, new Names()));
        List<AdapterStatus> all = new ArrayList<>();
        for (NamedAdapter adapter : named) {
            Optional<NamedAdapter.Known> known = adapter.known();
            if (known.isPresent()) {
                Names names = bySlot.computeIfAbsent(known.get().slot(), slot -> new Names());
                names.names.add(withoutScope(adapter.name()));
                names.restricted |= known.get().version().restricted();
            } else {
                unknown(adapter).ifPresent(all::add);
            }
        }
        bySlot.forEach((slot, names) -> {
            if (slot.recipe() instanceof MergeRecipe merge) {
                names.names.add(new AdapterOrigin.Name(AdapterStatus.MERGED, merge.name(), "", ""));
                names.restricted |= merge.restricted();
            }
            all.add(status(slot, names));
        });
        return all;
    }

    private static AdapterOrigin.Name withoutScope(AdapterOrigin.Name name) {
        return new AdapterOrigin.Name(name.source(), name.id(), name.revision(), "");
    }

    /** A name that stands for nothing yet, or never will: it may be somebody's secret, so it counts as restricted. */
    private static Optional<AdapterStatus> unknown(NamedAdapter adapter) {
        boolean busy = adapter.isChecking() || adapter.isDownloading();
        if (!busy && adapter.failure().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new AdapterStatus(
                "",
                List.of(withoutScope(adapter.name())),
                true,
                busy ? AdapterState.DOWNLOADING : AdapterState.FAILED,
                "",
                0,
                false,
                0,
                0,
                new AdapterUsage(),
                adapter.failure().map(Throwable::getMessage),
                0));
    }

    private AdapterStatus status(PooledSlot slot, Names names) {
        SlotView view = pool.view(slot);
        return new AdapterStatus(
                slot.identity(),
                List.copyOf(names.names),
                names.restricted,
                view.state(),
                view.adapter().map(AdapterListing::kind).orElse(""),
                view.bytes(),
                view.pinned(),
                view.leases(),
                view.lastUseMillis(),
                slot.usage(),
                view.failure().map(Throwable::getMessage),
                view.adapter().flatMap(Adapter::lora).map(Lora::rank).orElse(0));
    }

    private static String kind(Adapter adapter) {
        return switch (adapter) {
            case Lora lora -> "lora";
            case Medusa medusa -> "medusa";
            case MedusaLora both -> "medusa_lora";
        };
    }

    /** For logs. */
    static String describe(Adapter adapter) {
        String lora = adapter.lora().isPresent() ? "LoRA" : "";
        String heads = adapter.medusa()
                .map(medusa -> (lora.isEmpty() ? "" : " with ") + medusa.heads().size() + " Medusa heads")
                .orElse("");
        return lora + heads + ", " + adapter.bytes() / 1024 + " KiB";
    }
}
