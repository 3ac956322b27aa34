package dev.gorgon.cli;

import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes a model folder as a GGUF file (version 3) of the Llama architecture, so that llama.cpp can run the same weights. The
 * vocabulary holds placeholders: the file is for measuring.
 */
final class GgufExport {

    private static final int ALIGNMENT = 32;

    private final ModelConfig config;
    private final Checkpoint checkpoint;
    private final WeightFormat format;
    private final List<Entry> entries = new ArrayList<>();

    /**
     * A tensor to write.
     *
     * @param heads number of heads whose rows are interleaved, 0 for none
     */
    private record Entry(String name, Tensor tensor, GgufType type, int heads) {
        int columns() {
            return Math.toIntExact(tensor.dim(tensor.rank() - 1));
        }

        int rows() {
            return tensor.rank() == 1 ? 1 : Math.toIntExact(tensor.dim(0));
        }

        long bytes() {
            return type.rowBytes(columns()) * rows();
        }
    }

    private GgufExport(ModelConfig config, Checkpoint checkpoint, WeightFormat format) {
        this.config = config;
        this.checkpoint = checkpoint;
        this.format = format;
    }

    /**
     * Writes the file.
     *
     * @param format BF16, Q8 (as q8_0) or Q4 (as q4_0, with the LM head as q8_0: what this program does as well)
     */
    static void write(Path folder, WeightFormat format, Path file) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.openModel(folder)) {
            GgufExport export = new GgufExport(ModelConfig.read(folder), checkpoint, format);
            export.collect();
            Path partial = file.resolveSibling(file.getFileName() + ".part");
            export.write(partial);
            Files.move(partial, file);
        }
    }

    private void collect() {
        GgufType layer = switch (format) {
            case F32 -> GgufType.F32;
            case BF16 -> GgufType.BF16;
            case Q8 -> GgufType.Q8_0;
            case Q4 -> GgufType.Q4_0;
        };
        add("token_embd.weight", "model.embed_tokens.weight", layer, 0);
        for (int i = 0; i < config.layers(); i++) {
            String from = "model.layers." + i + ".";
            String to = "blk." + i + ".";
            add(to + "attn_norm.weight", from + "input_layernorm.weight", GgufType.F32, 0);
            add(to + "attn_q.weight", from + "self_attn.q_proj.weight", layer, config.heads());
            add(to + "attn_k.weight", from + "self_attn.k_proj.weight", layer, config.kvHeads());
            add(to + "attn_v.weight", from + "self_attn.v_proj.weight", layer, 0);
            add(to + "attn_output.weight", from + "self_attn.o_proj.weight", layer, 0);
            add(to + "ffn_norm.weight", from + "post_attention_layernorm.weight", GgufType.F32, 0);
            add(to + "ffn_gate.weight", from + "mlp.gate_proj.weight", layer, 0);
            add(to + "ffn_up.weight", from + "mlp.up_proj.weight", layer, 0);
            add(to + "ffn_down.weight", from + "mlp.down_proj.weight", layer, 0);
        }
        add("output_norm.weight", "model.norm.weight", GgufType.F32, 0);
        String head = checkpoint.contains("lm_head.weight") ? "lm_head.weight" : "model.embed_tokens.weight";
        add("output.weight", head, layer == GgufType.Q4_0 ? GgufType.Q8_0 : layer, 0);
    }

    private void add(String name, String source, GgufType type, int heads) {
        entries.add(new Entry(name, checkpoint.tensor(source), type, heads));
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void write(Path file) throws IOException {
        GgufHeader header = header();
        long offset = 0;
        for (Entry entry : entries) {
            header.tensor(entry.name, entry.tensor.shape(), entry.type.id(), offset);
            offset = aligned(offset + entry.bytes());
        }
        byte[] head = header.bytes(entries.size());
        long base = aligned(head.length);
        try (Arena arena = Arena.ofShared();
                FileChannel channel = FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            MemorySegment target = channel.map(FileChannel.MapMode.READ_WRITE, 0, base + offset, arena);
            MemorySegment.copy(MemorySegment.ofArray(head), 0, target, 0, head.length);
            long at = base;
            for (Entry entry : entries) {
                long first = at;
                IntStream.range(0, entry.rows()).parallel().forEach(row -> writeRow(entry, row, target, first));
                at = base + aligned(at - base + entry.bytes());
            }
        }
    }

    /** Rows of queries and keys are interleaved: the architecture rotates neighbours, the source rotates halves of a head. */
    private static int sourceRow(Entry entry, int row) {
        if (entry.heads == 0) {
            return row;
        }
        int dim = entry.rows() / entry.heads;
        int within = row % dim;
        return row - within + within % 2 * (dim / 2) + within / 2;
    }

    private static void writeRow(Entry entry, int row, MemorySegment target, long first) {
        int columns = entry.columns();
        float[] values = new float[columns];
        long from = (long) sourceRow(entry, row) * columns;
        for (int i = 0; i < columns; i++) {
            values[i] = entry.tensor.at(from + i);
        }
        long bytes = entry.type.rowBytes(columns);
        entry.type.write(values, target.asSlice(first + row * bytes, bytes));
    }

    private GgufHeader header() {
        GgufHeader header = new GgufHeader();
        header.text("general.architecture", "llama");
        header.text("general.name", "shape");
        header.number("general.alignment", ALIGNMENT);
        header.number("llama.context_length", config.maxPositions());
        header.number("llama.embedding_length", config.hiddenSize());
        header.number("llama.block_count", config.layers());
        header.number("llama.feed_forward_length", config.intermediateSize());
        header.number("llama.attention.head_count", config.heads());
        header.number("llama.attention.head_count_kv", config.kvHeads());
        header.number("llama.rope.dimension_count", config.headDim());
        header.number("llama.vocab_size", config.vocabularySize());
        header.real("llama.rope.freq_base", (float) config.rope().theta());
        header.real("llama.attention.layer_norm_rms_epsilon", config.rmsNormEps());
        header.placeholderVocabulary(config.vocabularySize());
        return header;
    }
}
