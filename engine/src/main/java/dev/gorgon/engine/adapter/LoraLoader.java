package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Packs the tensors of a LoRA for a backend. */
final class LoraLoader {

    private static final Logger LOG = LoggerFactory.getLogger(LoraLoader.class);
    /** Names that a warning shows. */
    private static final int SHOWN = 8;

    private final LoraReader reader;
    private final Backend.Memory memory;

    private LoraLoader(LoraReader reader, Backend.Memory memory) {
        this.reader = reader;
        this.memory = memory;
    }

    /**
     * @param names the tensors that {@code reader} reads
     * @throws AdapterException if a tensor does not fit the model, or none does
     */
    static Lora load(LoraReader reader, LoraTensors names, Backend.Memory memory) {
        return new LoraLoader(reader, memory).load(names);
    }

    private Lora load(LoraTensors names) {
        checkUse(reader, names);
        LoraPacker packer = new LoraPacker(reader.fit().model(), memory);
        names.linears()
                .forEach((module, factors) ->
                        reader.site(module).ifPresent(site -> packer.add(site, factors(module, site, factors))));
        Optional<Lora.Embedding> embedding = Optional.ofNullable(
                        names.embeddings().get(LoraReader.EMBEDDINGS))
                .map(factors -> {
                    reader.requireFinite(factors);
                    return embedding(reader.embedding(LoraReader.EMBEDDINGS, factors));
                });
        return new Lora(reader.fit().adapter(), packer.largestRank(), memory, packer.pack(), embedding);
    }

    /**
     * Refuses an adapter of which nothing, or not enough, can be used; names what is left out in one warning.
     *
     * @throws AdapterException if the adapter would not do what it was trained for
     */
    static void checkUse(LoraReader reader, LoraTensors names) {
        String id = reader.fit().adapter();
        Set<String> ignored = new TreeSet<>(names.unknown());
        boolean linear = false;
        for (String module : names.linears().keySet()) {
            if (reader.site(module).isPresent()) {
                linear = true;
            } else {
                ignored.add(module);
            }
        }
        ignored.addAll(names.embeddings().keySet());
        boolean embedding = ignored.remove(LoraReader.EMBEDDINGS);
        if (!linear && !embedding) {
            throw new AdapterException("adapter " + id + " has no LoRA tensor that matches a layer of this model"
                    + (ignored.isEmpty() ? "" : "; it has " + shown(ignored)));
        }
        boolean head = names.linears().containsKey("lm_head");
        if (reader.settings().tiedTogether() && reader.fit().model().tiedEmbeddings() && embedding != head) {
            throw new AdapterException(
                    AdapterException.Code.UNSUPPORTED_ADAPTER,
                    "adapter " + id + " has ensure_weight_tying set, but changes only one of embed_tokens and lm_head;"
                            + " train it without ensure_weight_tying");
        }
        for (String copy : names.copies()) {
            List<Long> shape = reader.tensors().tensor(copy).shape();
            List<Long> expected = List.of((long) reader.fit().model().vocabularySize(), (long)
                    reader.fit().model().hiddenSize());
            if (!shape.equals(expected)) {
                throw reader.fit()
                        .mismatch("it brings " + copy + " of shape " + shape + ", where the model has " + expected);
            }
        }
        ignored.addAll(names.copies());
        if (!ignored.isEmpty()) {
            LOG.warn(
                    "adapter {}: {} of its tensors or modules are not used by this model and are ignored: {}",
                    id,
                    ignored.size(),
                    shown(ignored));
        }
    }

    /** The names with layer numbers left out, so that one stands for all layers. */
    static String shown(Set<String> names) {
        Set<String> kinds = new TreeSet<>();
        for (String name : names) {
            kinds.add(name.replaceAll("\\.\\d+\\.", ".*."));
        }
        return String.join(", ", kinds.stream().limit(SHOWN).toList())
                + (kinds.size() > SHOWN ? " and " + (kinds.size() - SHOWN) + " more kinds" : "");
    }

    /** Packing finds out whether all elements are finite; which one is not is looked for only then. */
    private LoraPacker.Factors factors(String module, Lora.Site site, LoraTensors.Factors names) {
        LoraReader.Factors read = reader.linear(module, site.target(), names);
        return new LoraPacker.Factors(module, read.down(), read.up(), read.scale(), () -> reader.requireFinite(names));
    }

    private Lora.Embedding embedding(LoraReader.Factors factors) {
        try (Arena scratch = Arena.ofConfined()) {
            EmbeddingTable down = memory.embeddings(transpose(factors.down(), padded(factors), scratch));
            return new Lora.Embedding(down, up(factors));
        }
    }

    private static int padded(LoraReader.Factors factors) {
        return factors.rank() + factors.rank() % 2;
    }

    private Matrix up(LoraReader.Factors factors) {
        int rank = padded(factors);
        Matrix up = memory.matrix(Math.toIntExact(factors.up().dim(0)), rank);
        try (Arena scratch = Arena.ofConfined()) {
            Tensor source = rank == factors.rank() ? factors.up() : widen(factors.up(), rank, scratch);
            if (!memory.fill(up, 0, source, factors.scale())) {
                throw new AdapterException("adapter " + reader.fit().adapter()
                        + " has values that are too large once they are scaled by alpha");
            }
        }
        return up;
    }

    /** The tensor with columns of zeros appended. */
    private static Tensor widen(Tensor tensor, int columns, Arena arena) {
        long old = tensor.dim(1);
        return copy(tensor.dim(0), columns, old, (row, column) -> tensor.at(row * old + column), arena);
    }

    /** The tensor transposed, with columns of zeros appended. */
    private static Tensor transpose(Tensor tensor, int columns, Arena arena) {
        long rows = tensor.dim(1);
        return copy(rows, columns, tensor.dim(0), (row, column) -> tensor.at(column * rows + row), arena);
    }

    /** An element by its place. */
    private interface Elements {
        float at(long row, long column);
    }

    /** A new tensor with the given elements in its first {@code filled} columns, and zeros in the others. */
    private static Tensor copy(long rows, int columns, long filled, Elements source, Arena arena) {
        MemorySegment data = arena.allocate(4L * rows * columns, 64);
        for (long row = 0; row < rows; row++) {
            for (long column = 0; column < filled; column++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, row * columns + column, source.at(row, column));
            }
        }
        return new Tensor(DType.F32, List.of(rows, (long) columns), data);
    }
}
