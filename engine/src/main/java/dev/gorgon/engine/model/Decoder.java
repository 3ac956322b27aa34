package dev.gorgon.engine.model;

import static dev.gorgon.engine.model.LinearTarget.DOWN;
import static dev.gorgon.engine.model.LinearTarget.GATE;
import static dev.gorgon.engine.model.LinearTarget.K;
import static dev.gorgon.engine.model.LinearTarget.LM_HEAD;
import static dev.gorgon.engine.model.LinearTarget.O;
import static dev.gorgon.engine.model.LinearTarget.Q;
import static dev.gorgon.engine.model.LinearTarget.UP;
import static dev.gorgon.engine.model.LinearTarget.V;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Norm;
import dev.gorgon.engine.backend.Ops;
import java.util.List;

/**
 * A decoder-only transformer: rows of tokens in, logits and final hidden states of the wanted rows out. It owns the buffers of a
 * step, so one step runs at a time.
 */
public final class Decoder {

    private final ModelConfig config;
    private final DecoderWeights weights;
    private final KvStorage storage;
    private final AttentionLayer.Rotation rotation;
    private final Buffers buffers;

    /**
     * @param memory where the buffers and the cosine tables are allocated
     * @param storage keys and values
     * @param maxRows rows per step
     * @param maxLogitRows rows per step whose logits can be wanted
     */
    public Decoder(
            ModelConfig config,
            DecoderWeights weights,
            Backend.Memory memory,
            KvStorage storage,
            int maxRows,
            int maxLogitRows) {
        this.config = config;
        this.weights = weights;
        this.storage = storage;
        this.rotation = memory.rotation(config.maxPositions(), config.rope().inverseFrequencies(config.headDim()));
        this.buffers = Buffers.allocate(memory, config, maxRows, maxLogitRows);
    }

    /** Everything a step writes, allocated for the largest step. */
    private record Buffers(
            Activations residual,
            Activations normed,
            Activations qkv,
            Activations attention,
            Activations gateUp,
            Activations gated,
            Activations last,
            Activations hidden,
            Activations logits,
            LogitStats stats) {

        static Buffers allocate(Backend.Memory memory, ModelConfig config, int rows, int logitRows) {
            int query = Q.outFeatures(config);
            return new Buffers(
                    memory.activations(rows, config.hiddenSize()),
                    memory.activations(rows, config.hiddenSize()),
                    memory.activations(rows, query + 2 * K.outFeatures(config)),
                    memory.activations(rows, query),
                    memory.activations(rows, 2 * config.intermediateSize()),
                    memory.activations(rows, config.intermediateSize()),
                    memory.activations(logitRows, config.hiddenSize()),
                    memory.activations(logitRows, config.hiddenSize()),
                    memory.activations(logitRows, config.vocabularySize()),
                    memory.logitStats(logitRows, config.vocabularySize()));
        }
    }

    public ModelConfig config() {
        return config;
    }

    public DecoderWeights weights() {
        return weights;
    }

    public KvStorage storage() {
        return storage;
    }

    /** Rows a step may have. */
    public int maxRows() {
        return buffers.residual.rows();
    }

    /** Logit rows a step may have. */
    public int maxLogitRows() {
        return buffers.logits.rows();
    }

    /** Hidden states after the final norm: row i belongs to the batch's i-th logit row. */
    public Activations hidden() {
        return buffers.hidden;
    }

    /** Logits: row i belongs to the batch's i-th logit row. */
    public Activations logits() {
        return buffers.logits;
    }

    public LogitStats stats() {
        return buffers.stats;
    }

    /** One forward pass; a program for {@link Backend#run}. */
    public void forward(Ops ops, Batch batch) {
        Activations x = layers(ops, batch);
        int wanted = batch.logitRows().length;
        if (wanted > 0) {
            Activations last = buffers.last.rows(0, wanted);
            Activations hidden = buffers.hidden.rows(0, wanted);
            ops.gather(x, batch.logitRows(), last);
            ops.norm(last, norm(weights.norm()), hidden);
            head(
                    ops,
                    hidden,
                    buffers.logits.rows(0, wanted),
                    buffers.stats,
                    batch.headLora().terms(-1, LM_HEAD));
        }
    }

    /**
     * A forward pass without LM head: hidden states after the final norm, exactly what the LM head would get, of all rows. A program
     * for {@link Backend#run}.
     *
     * @param hidden as many rows as the batch has
     */
    public void hiddenStates(Ops ops, Batch batch, Activations hidden) {
        ops.norm(layers(ops, batch), norm(weights.norm()), hidden);
    }

    /** The residual stream of all rows after the last layer. */
    private Activations layers(Ops ops, Batch batch) {
        int rows = batch.tokens().length;
        Activations x = buffers.residual.rows(0, rows);
        ops.embed(weights.embeddings(), batch.tokens(), x);
        List<EmbeddingTerm> embeddings = batch.lora().embeddings();
        if (!embeddings.isEmpty()) {
            ops.addToEmbeddings(embeddings, batch.tokens(), x);
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            attend(ops, batch, layer, x);
            mlp(ops, batch, layer, x);
        }
        return x;
    }

    /** {@code logits = lmHead · hidden}, with their statistics. */
    public void head(Ops ops, Activations hidden, Activations logits, LogitStats stats, List<LowRankTerm> terms) {
        ops.linear(weights.lmHead(), hidden, logits, false, terms);
        ops.reduceLogits(logits, stats);
    }

    private Norm norm(Activations weight) {
        return new Norm(weight, config.rmsNormEps());
    }

    /** {@code x += O · attention(rope(QKV · norm(x)))}. */
    private void attend(Ops ops, Batch batch, int index, Activations x) {
        DecoderWeights.Layer layer = weights.layers().get(index);
        int rows = x.rows();
        Activations qkv = buffers.qkv.rows(0, rows);
        Activations attention = buffers.attention.rows(0, rows);
        ops.normLinear(
                x,
                norm(layer.attentionNorm()),
                buffers.normed.rows(0, rows),
                layer.qkv(),
                qkv,
                batch.lora().terms(index, Q, K, V));
        layer.qkvBias().ifPresent(bias -> ops.bias(qkv, bias));
        AttentionLayer shape = new AttentionLayer(
                storage, index, rotation, config.heads(), config.kvHeads(), config.headDim(), config.slidingWindow());
        ops.attention(shape, qkv, batch.sequences(), attention);
        ops.linear(layer.output(), attention, x, true, batch.lora().terms(index, O));
        layer.outputBias().ifPresent(bias -> ops.bias(x, bias));
    }

    /** {@code x += Down · (silu(Gate · norm(x)) · (Up · norm(x)))}. */
    private void mlp(Ops ops, Batch batch, int index, Activations x) {
        DecoderWeights.Layer layer = weights.layers().get(index);
        int rows = x.rows();
        Activations normed = buffers.normed.rows(0, rows);
        Activations gateUp = buffers.gateUp.rows(0, rows);
        Activations gated = buffers.gated.rows(0, rows);
        Norm norm = norm(layer.mlpNorm());
        List<LowRankTerm> terms = batch.lora().terms(index, GATE, UP);
        if (layer.gateUpBias().isPresent()) {
            ops.normLinear(x, norm, normed, layer.gateUp(), gateUp, terms);
            ops.bias(gateUp, layer.gateUpBias().get());
            ops.gatedActivation(gateUp, gated);
        } else {
            ops.normGatedLinear(x, norm, normed, layer.gateUp(), gateUp, gated, terms);
        }
        ops.linear(layer.down(), gated, x, true, batch.lora().terms(index, DOWN));
        layer.downBias().ifPresent(bias -> ops.bias(x, bias));
    }
}
