package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.LowRankMatrix;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Brings the factors of an adapter into a backend's format: those of maps that are computed together become one change. */
final class LoraPacker {

    private final ModelConfig model;
    private final Backend.Memory memory;
    private final Map<Lora.Site, Map<LinearTarget, Factors>> sites = new HashMap<>();

    LoraPacker(ModelConfig model, Backend.Memory memory) {
        this.model = model;
        this.memory = memory;
    }

    /**
     * The factors of one map, of the right shapes.
     *
     * @param module path of the map, for messages
     * @param down A, {@code [rank][in]}
     * @param up B, {@code [out][rank]}
     * @param scale factor of {@code B·A}
     * @param check says what is wrong, by an exception, when an element turns out not to be finite
     */
    record Factors(String module, Tensor down, Tensor up, float scale, Runnable check) {}

    void add(Lora.Site site, Factors factors) {
        Lora.Site operation = new Lora.Site(site.layer(), site.target().first());
        sites.computeIfAbsent(operation, key -> new TreeMap<>()).put(site.target(), factors);
    }

    /** The largest rank of what was added; 0 if nothing was. */
    int largestRank() {
        return sites.values().stream()
                .flatMap(maps -> maps.values().stream())
                .mapToInt(factors -> Math.toIntExact(factors.down.dim(0)))
                .max()
                .orElse(0);
    }

    /**
     * @throws AdapterException if an element is not finite, scaled or not
     */
    Map<Lora.Site, LowRankMatrix> pack() {
        Map<Lora.Site, LowRankMatrix> changes = new HashMap<>();
        sites.forEach((site, factors) -> changes.put(site, pack(site, factors)));
        return changes;
    }

    private LowRankMatrix pack(Lora.Site site, Map<LinearTarget, Factors> maps) {
        LowRankMatrix change = memory.lowRank(
                site.target().inFeatures(model),
                maps.entrySet().stream()
                        .map(entry -> new LowRankMatrix.Part(
                                Math.toIntExact(entry.getValue().down.dim(0)),
                                entry.getKey().outFeatures(model),
                                entry.getKey().firstColumn(model)))
                        .toList());
        int part = 0;
        for (Factors factors : maps.values()) {
            if (!memory.fill(change, part++, factors.down, factors.up, factors.scale)) {
                factors.check.run();
                throw new AdapterException("LoRA for " + factors.module + ": its weights times the scale of "
                        + factors.scale + " are too large");
            }
        }
        return change;
    }
}
