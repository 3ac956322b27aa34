package dev.gorgon.client.types;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Several LoRAs that answer as one (LoRAX contract, section 2.4).
 *
 * @param ids at least one; all from the request's source
 * @param weights one per id; they are not normalized
 * @param strategy how they are combined
 * @param density the share of elements that is kept, from 0 to 1; without effect on {@link MergeStrategy#LINEAR}
 * @param majoritySignMethod how signs are elected, for the strategies that do
 */
public record MergedAdapters(
        List<String> ids,
        List<Double> weights,
        MergeStrategy strategy,
        double density,
        MajoritySignMethod majoritySignMethod) {

    /** @throws dev.gorgon.client.error.ValidationException if a rule is broken */
    public MergedAdapters {
        ids = List.copyOf(ids);
        weights = List.copyOf(weights);
        Rules.refuseIf(ids.isEmpty(), "at least one adapter ID must be provided when setting `adapters`");
        Rules.refuseIf(ids.size() != weights.size(), "number of adapter IDs must match number of adapter weights");
        Rules.refuseIf(
                !weights.stream().allMatch(weight -> Float.isFinite(weight.floatValue())),
                "adapter weights must be finite numbers");
        Rules.refuseIf(!Rules.within(density, 0, 1), "`density` must be >= 0.0 and <= 1.0");
    }

    /** The weighted sum of adapters; weights in the order of ids. */
    public static MergedAdapters linear(List<String> ids, List<Double> weights) {
        return new MergedAdapters(ids, weights, MergeStrategy.LINEAR, 1, MajoritySignMethod.TOTAL);
    }

    /** A merge, piece by piece. */
    public static Builder builder() {
        return new Builder();
    }

    Map<String, Object> json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("ids", ids);
        members.put("weights", weights);
        members.put("merge_strategy", strategy.wireName());
        members.put("density", density);
        members.put("majority_sign_method", majoritySignMethod.wireName());
        return members;
    }

    /** Collects the parts of a merge. */
    public static final class Builder {
        private final List<String> ids = new ArrayList<>();
        private final List<Double> weights = new ArrayList<>();
        private MergeStrategy strategy = MergeStrategy.LINEAR;
        private MajoritySignMethod majoritySignMethod = MajoritySignMethod.TOTAL;
        private @Nullable Double density;

        private Builder() {}

        /** Adds an adapter. */
        public Builder add(String id, double weight) {
            ids.add(id);
            weights.add(weight);
            return this;
        }

        /** {@link MergeStrategy#LINEAR} if not set. */
        public Builder strategy(MergeStrategy how) {
            strategy = how;
            return this;
        }

        /** Has to be set for every strategy but {@link MergeStrategy#LINEAR}. */
        public Builder density(double share) {
            density = share;
            return this;
        }

        /** {@link MajoritySignMethod#TOTAL} if not set. */
        public Builder majoritySignMethod(MajoritySignMethod how) {
            majoritySignMethod = how;
            return this;
        }

        /** @throws dev.gorgon.client.error.ValidationException if a rule is broken */
        public MergedAdapters build() {
            Rules.refuseIf(
                    density == null && strategy != MergeStrategy.LINEAR,
                    "`" + strategy.wireName() + "` needs a `density`, the share of elements that is kept");
            return new MergedAdapters(ids, weights, strategy, density == null ? 1 : density, majoritySignMethod);
        }
    }
}
