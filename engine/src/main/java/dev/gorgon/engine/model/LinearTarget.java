package dev.gorgon.engine.model;

import java.util.Optional;

/** The linear maps of a decoder that a LoRA can change, by the last part of their module path. */
public enum LinearTarget {
    Q("self_attn.q_proj"),
    K("self_attn.k_proj"),
    V("self_attn.v_proj"),
    O("self_attn.o_proj"),
    GATE("mlp.gate_proj"),
    UP("mlp.up_proj"),
    DOWN("mlp.down_proj"),
    LM_HEAD("lm_head");

    private final String path;

    LinearTarget(String path) {
        this.path = path;
    }

    /** Module path inside its layer, or of the model for the LM head. */
    public String path() {
        return path;
    }

    /** The target with this path inside a layer. */
    public static Optional<LinearTarget> inLayer(String path) {
        for (LinearTarget target : values()) {
            if (target != LM_HEAD && target.path.equals(path)) {
                return Optional.of(target);
            }
        }
        return Optional.empty();
    }

    /** Number of outputs in a model. */
    public int outFeatures(ModelConfig config) {
        return switch (this) {
            case Q -> config.heads() * config.headDim();
            case K, V -> config.kvHeads() * config.headDim();
            case O, DOWN -> config.hiddenSize();
            case GATE, UP -> config.intermediateSize();
            case LM_HEAD -> config.vocabularySize();
        };
    }

    /** Number of inputs in a model. */
    public int inFeatures(ModelConfig config) {
        return switch (this) {
            case O -> config.heads() * config.headDim();
            case DOWN -> config.intermediateSize();
            default -> config.hiddenSize();
        };
    }

    /** The first of the targets that are computed together with this one. */
    public LinearTarget first() {
        return switch (this) {
            case K, V -> Q;
            case UP -> GATE;
            default -> this;
        };
    }

    /** First column of this target in the fused matrix it is computed with: q, k, v side by side, and gate beside up. */
    public int firstColumn(ModelConfig config) {
        return switch (this) {
            case K -> Q.outFeatures(config);
            case V -> Q.outFeatures(config) + K.outFeatures(config);
            case UP -> GATE.outFeatures(config);
            default -> 0;
        };
    }
}
