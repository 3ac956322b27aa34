package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A memory-mapped safetensors file: 8 bytes of little-endian header length, a JSON header of types, shapes and offsets, then the
 * data. Everything in the header is checked before any tensor can be read.
 */
public final class Safetensors implements TensorSource {

    /** The limit of the reference implementation. */
    private static final long MAX_HEADER_BYTES = 100_000_000L;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path path;
    private final Arena arena;
    private final Map<String, Tensor> tensors;

    private Safetensors(Path path, Arena arena, Map<String, Tensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.tensors = tensors;
    }

    /**
     * Maps and checks a file.
     *
     * @throws WeightsException if it cannot be read or its header is not valid
     */
    public static Safetensors open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < 8) {
                throw new WeightsException("Length of safetensor file less than 8 bytes: " + file);
            }
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            return new Safetensors(file, arena, new Header(file, all).tensors());
        } catch (IOException e) {
            arena.close();
            throw new WeightsException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new WeightsException("there is no tensor " + name + " in " + path);
        }
        return tensor;
    }

    @Override
    public void close() {
        arena.close();
    }

    /** The header while it is being checked. */
    private record Header(Path file, MemorySegment all) {

        Map<String, Tensor> tensors() {
            long length = all.get(LONG, 0);
            if (length < 0 || length > all.byteSize() - 8) {
                throw new WeightsException("Header extends past end of file: " + file);
            }
            if (length > MAX_HEADER_BYTES) {
                throw new WeightsException("the header of " + file + " is larger than " + MAX_HEADER_BYTES + " bytes");
            }
            MemorySegment data = all.asSlice(8 + length);
            List<Entry> entries = new ArrayList<>();
            JsonNode root = parse(all.asSlice(8, length));
            for (Map.Entry<String, JsonNode> field : root.properties()) {
                if (!field.getKey().equals("__metadata__")) {
                    entries.add(entry(field.getKey(), field.getValue(), data.byteSize()));
                }
            }
            checkOverlaps(entries);
            Map<String, Tensor> tensors = LinkedHashMap.newLinkedHashMap(entries.size());
            for (Entry entry : entries) {
                tensors.put(entry.name, entry.tensor(file, data));
            }
            return tensors;
        }

        private JsonNode parse(MemorySegment header) {
            String text = new String(header.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
            try {
                JsonNode root = JSON.readTree(text);
                if (root.isObject()) {
                    return root;
                }
            } catch (JacksonException e) {
                throw new WeightsException(
                        "the header of " + file + " is not valid JSON: " + e.getOriginalMessage(), e);
            }
            throw new WeightsException("the header of " + file + " is not a JSON object");
        }

        private Entry entry(String name, JsonNode node, long dataBytes) {
            DType type = DType.named(node.path("dtype").asString(""))
                    .orElseThrow(() -> bad(name, "has an unknown dtype " + node.path("dtype")));
            List<Long> shape = longs(name, node.path("shape"));
            List<Long> offsets = longs(name, node.path("data_offsets"));
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1) || offsets.get(1) > dataBytes) {
                throw bad(name, "has data_offsets " + offsets + " outside the " + dataBytes + " bytes of data");
            }
            return new Entry(name, type, shape, offsets.get(0), offsets.get(1));
        }

        private List<Long> longs(String name, JsonNode node) {
            List<Long> values = new ArrayList<>();
            for (JsonNode value : node) {
                if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                    throw bad(name, "has a size or offset that is not a whole number from 0 on: " + value);
                }
                values.add(value.longValue());
            }
            if (!node.isArray()) {
                throw bad(name, "lacks shape or data_offsets");
            }
            return values;
        }

        private void checkOverlaps(List<Entry> entries) {
            List<Entry> byOffset = new ArrayList<>(entries);
            byOffset.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
            for (int i = 1; i < byOffset.size(); i++) {
                if (byOffset.get(i).begin < byOffset.get(i - 1).end) {
                    throw bad(byOffset.get(i).name, "overlaps tensor " + byOffset.get(i - 1).name);
                }
            }
        }

        private WeightsException bad(String name, String what) {
            return new WeightsException("tensor " + name + " in " + file + " " + what);
        }
    }

    private record Entry(String name, DType type, List<Long> shape, long begin, long end) {

        Tensor tensor(Path file, MemorySegment data) {
            try {
                return new Tensor(type, shape, data.asSlice(begin, end - begin));
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new WeightsException("tensor " + name + " in " + file + ": " + e.getMessage(), e);
            }
        }
    }
}
