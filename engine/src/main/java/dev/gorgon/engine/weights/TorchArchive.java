package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Tensors of a PyTorch archive ({@code adapter_model.bin}, {@code .pt}): a zip file with a pickle that names and shapes the
 * tensors, and one entry of raw data per storage. Nothing in it is ever executed; see {@link Unpickler}.
 */
public final class TorchArchive implements TensorSource {

    private static final String PICKLE = "/data.pkl";
    /** Adapters are small; a base model belongs into safetensors. */
    private static final long MAX_STORAGE_BYTES = 8L << 30;

    private static final Map<String, DType> TYPES = Map.of(
            "torch.FloatStorage", DType.F32,
            "torch.HalfStorage", DType.F16,
            "torch.BFloat16Storage", DType.BF16,
            "torch.DoubleStorage", DType.F64,
            "torch.LongStorage", DType.I64,
            "torch.IntStorage", DType.I32,
            "torch.ShortStorage", DType.I16,
            "torch.CharStorage", DType.I8,
            "torch.ByteStorage", DType.U8,
            "torch.BoolStorage", DType.BOOL);

    private final Path path;
    private final Arena arena;
    private final Map<String, Tensor> tensors;

    private TorchArchive(Path path, Arena arena, Map<String, Tensor> tensors) {
        this.path = path;
        this.arena = arena;
        this.tensors = tensors;
    }

    /**
     * Reads an archive into memory.
     *
     * @throws WeightsException if it is damaged, of the old format that is a bare pickle, or refers to code
     */
    public static TorchArchive open(Path file) {
        Arena arena = Arena.ofShared();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return new TorchArchive(file, arena, new Reader(file, zip, arena).tensors());
        } catch (ZipException e) {
            arena.close();
            throw new WeightsException(
                    file + " is not a PyTorch zip archive (files from before PyTorch 1.6 are not read); convert it to"
                            + " safetensors",
                    e);
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
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Tensor tensor(String name) {
        return Optional.ofNullable(tensors.get(name))
                .orElseThrow(() -> new WeightsException("there is no tensor " + name + " in " + path));
    }

    @Override
    public void close() {
        arena.close();
    }

    /** An archive while it is being read. */
    private static final class Reader {
        private final Path file;
        private final ZipFile zip;
        private final Arena arena;
        private final Map<String, MemorySegment> storages = new HashMap<>();
        private String prefix = "";
        private long storageBytes;

        Reader(Path file, ZipFile zip, Arena arena) {
            this.file = file;
            this.zip = zip;
            this.arena = arena;
        }

        Map<String, Tensor> tensors() throws IOException {
            ZipEntry pickle = zip.stream()
                    .filter(entry -> entry.getName().endsWith(PICKLE))
                    .findFirst()
                    .orElseThrow(() -> new WeightsException(file + " holds no data.pkl; it is not a PyTorch archive"));
            prefix = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
            checkByteOrder();
            byte[] bytes;
            try (InputStream in = zip.getInputStream(pickle)) {
                bytes = in.readNBytes(Unpickler.MAX_BYTES + 1);
            }
            if (!(Unpickler.read(file.toString(), bytes) instanceof Map<?, ?> entries)) {
                throw new WeightsException(file + " does not hold a dictionary of tensors");
            }
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : entries.entrySet()) {
                if (entry.getKey() instanceof String name
                        && entry.getValue() instanceof Unpickler.TensorRecipe recipe) {
                    tensors.put(name, tensor(name, recipe));
                }
            }
            return tensors;
        }

        private void checkByteOrder() throws IOException {
            ZipEntry order = zip.getEntry(prefix + "/byteorder");
            if (order != null) {
                try (InputStream in = zip.getInputStream(order)) {
                    String name = new String(in.readNBytes(16), StandardCharsets.US_ASCII);
                    if (!name.strip().equals("little")) {
                        throw new WeightsException(file + " has byte order " + name.strip() + "; only little is read");
                    }
                }
            }
        }

        private Tensor tensor(String name, Unpickler.TensorRecipe recipe) throws IOException {
            List<Object> storage = recipe.storage().fields();
            if (storage.size() < 5
                    || !(storage.get(1) instanceof Unpickler.Global type)
                    || !(storage.get(2) instanceof String key)
                    || !TYPES.containsKey(type.name())) {
                throw new WeightsException("tensor " + name + " in " + file + " has a storage of an unknown kind");
            }
            DType dtype = Optional.ofNullable(TYPES.get(type.name())).orElseThrow();
            MemorySegment data = storage(key);
            return new View(file, name, dtype, recipe.shape(), recipe.strides(), recipe.offset()).tensor(data, arena);
        }

        private MemorySegment storage(String key) throws IOException {
            MemorySegment known = storages.get(key);
            if (known != null) {
                return known;
            }
            ZipEntry entry = zip.getEntry(prefix + "/data/" + key);
            if (entry == null) {
                throw new WeightsException(file + " lacks the storage " + key);
            }
            long size = entry.getSize();
            storageBytes += Math.max(size, 0);
            if (size < 0 || storageBytes > MAX_STORAGE_BYTES) {
                throw new WeightsException(file + " holds more than " + MAX_STORAGE_BYTES + " bytes of data");
            }
            // grows with what is really there, so that a false size costs nothing
            byte[] bytes;
            try (InputStream in = zip.getInputStream(entry)) {
                bytes = in.readNBytes(Math.toIntExact(Math.min(size, Integer.MAX_VALUE - 16)));
            }
            if (bytes.length != size) {
                throw new WeightsException("the storage " + key + " in " + file + " is truncated");
            }
            MemorySegment data = arena.allocate(Math.max(1, size), 64).asSlice(0, size);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, data, 0, size);
            storages.put(key, data);
            return data;
        }
    }

    /** A tensor as a view of its storage: element (i, j, …) lies at offset + Σ index·stride. */
    private record View(Path file, String name, DType dtype, List<Long> shape, List<Long> strides, long offset) {

        Tensor tensor(MemorySegment storage, Arena arena) {
            if (shape.size() != strides.size() || offset < 0) {
                throw bad();
            }
            long elements = 1;
            long last = offset;
            boolean contiguous = true;
            try {
                for (int i = shape.size() - 1; i >= 0; i--) {
                    if (shape.get(i) < 0 || strides.get(i) < 0) {
                        throw bad();
                    }
                    contiguous &= shape.get(i) == 1 || strides.get(i) == elements;
                    elements = Math.multiplyExact(elements, shape.get(i));
                    last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape.get(i) - 1), strides.get(i)));
                }
                if (elements > 0 && Math.multiplyExact(last + 1, (long) dtype.bytes()) > storage.byteSize()) {
                    throw bad();
                }
                // a broadcast view could describe far more elements than its storage holds
                if (elements > storage.byteSize()) {
                    throw bad();
                }
            } catch (ArithmeticException e) {
                throw bad();
            }
            long bytes = elements * dtype.bytes();
            if (contiguous || elements == 0) {
                return new Tensor(dtype, shape, storage.asSlice(elements == 0 ? 0 : offset * dtype.bytes(), bytes));
            }
            MemorySegment copy = arena.allocate(bytes, 64);
            copy(storage, copy, 0, offset, 0);
            return new Tensor(dtype, shape, copy);
        }

        /** Copies one dimension after the other; returns the number of elements written so far. */
        private long copy(MemorySegment from, MemorySegment to, int dimension, long at, long written) {
            if (dimension == shape.size()) {
                MemorySegment.copy(from, at * dtype.bytes(), to, written * dtype.bytes(), dtype.bytes());
                return written + 1;
            }
            long count = written;
            for (long i = 0; i < shape.get(dimension); i++) {
                count = copy(from, to, dimension + 1, at + i * strides.get(dimension), count);
            }
            return count;
        }

        private WeightsException bad() {
            return new WeightsException("tensor " + name + " in " + file + " has shape " + shape + " and strides "
                    + strides + " that its storage cannot hold");
        }
    }
}
