package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A PyTorch archive while it is being read. Names of entries are looked up, never used as paths. All memory that tensors take
 * comes out of one allowance that depends on the size of the file: entries that expand without measure, share their bytes, or are
 * copied many times over, end the reading.
 */
final class TorchReader {

    private static final String PICKLE = "/data.pkl";
    /** Adapters are small; a base model belongs into safetensors. */
    private static final long MAX_BYTES = 8L << 30;
    /** PyTorch does not compress; an archive that somebody packed again shrinks by little, unless it holds zeros. */
    private static final int MAX_EXPANSION = 4;

    private static final long FREE_BYTES = 1 << 20;
    private static final int CHUNK_BYTES = 1 << 18;

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

    private final Path file;
    private final ZipFile zip;
    private final Arena arena;
    private final long allowance;
    private final Map<String, MemorySegment> storages = new HashMap<>();
    private String prefix = "";
    private long taken;

    TorchReader(Path file, ZipFile zip, Arena arena) throws IOException {
        this.file = file;
        this.zip = zip;
        this.arena = arena;
        this.allowance = Math.min(MAX_BYTES, MAX_EXPANSION * Files.size(file) + FREE_BYTES);
    }

    /**
     * All tensors by name.
     *
     * @throws WeightsException if the archive does not hold a dictionary of at most so many tensors
     */
    Map<String, Tensor> tensors(int maxTensors) throws IOException {
        ZipEntry pickle = pickle();
        prefix = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
        checkByteOrder();
        byte[] bytes;
        try (InputStream in = zip.getInputStream(pickle)) {
            bytes = in.readNBytes(Unpickler.MAX_BYTES + 1);
        }
        if (!(Unpickler.read(file.toString(), bytes) instanceof Map<?, ?> entries)) {
            throw new WeightsException(file + " does not hold a dictionary of tensors");
        }
        if (entries.size() > maxTensors) {
            throw new WeightsException(file + " holds more than " + maxTensors + " tensors");
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
            if (entry.getKey() instanceof String name && entry.getValue() instanceof Unpickler.TensorRecipe recipe) {
                if (name.length() > ReadLimits.MAX_NAME_LENGTH) {
                    throw new WeightsException("tensor " + Shown.text(name) + " in " + file + " has a name of "
                            + name.length() + " characters");
                }
                tensors.put(name, tensor(name, recipe));
            }
        }
        return tensors;
    }

    private ZipEntry pickle() {
        Set<String> names = new HashSet<>();
        Optional<ZipEntry> pickle = Optional.empty();
        for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(entry -> (ZipEntry) entry)::iterator) {
            // of two entries with one name, other programs may read the other
            if (!names.add(entry.getName())) {
                throw new WeightsException(file + " has two entries named " + Shown.text(entry.getName()));
            }
            if (entry.getName().endsWith(PICKLE)) {
                if (pickle.isPresent()) {
                    throw new WeightsException(file + " holds more than one data.pkl");
                }
                pickle = Optional.of(entry);
            }
        }
        return pickle.orElseThrow(() -> new WeightsException(file + " holds no data.pkl; it is not a PyTorch archive"));
    }

    private void checkByteOrder() throws IOException {
        ZipEntry order = zip.getEntry(prefix + "/byteorder");
        if (order != null) {
            try (InputStream in = zip.getInputStream(order)) {
                String name = new String(in.readNBytes(16), StandardCharsets.US_ASCII).strip();
                if (!name.equals("little")) {
                    throw new WeightsException(file + " has byte order " + Shown.text(name) + "; only little is read");
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
            throw new WeightsException(
                    "tensor " + Shown.text(name) + " in " + file + " has a storage of an unknown kind");
        }
        DType dtype = Optional.ofNullable(TYPES.get(type.name())).orElseThrow();
        StorageView view = new StorageView(dtype, recipe.shape(), recipe.strides(), recipe.offset());
        MemorySegment data = storage(key);
        if (!view.fits(data.byteSize())) {
            throw new WeightsException("tensor " + Shown.text(name) + " in " + file + " has shape " + view.shape()
                    + ", strides " + view.strides() + " and offset " + view.offset()
                    + ", which its storage cannot hold");
        }
        return view.contiguous() ? view.slice(data) : view.copy(data, allocate(view.bytes()));
    }

    private MemorySegment storage(String key) throws IOException {
        MemorySegment known = storages.get(key);
        if (known != null) {
            return known;
        }
        ZipEntry entry = zip.getEntry(prefix + "/data/" + key);
        if (entry == null) {
            throw new WeightsException(file + " lacks the storage " + Shown.text(key));
        }
        MemorySegment data = allocate(entry.getSize());
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream in = zip.getInputStream(entry)) {
            for (long at = 0; at < data.byteSize(); ) {
                int count = in.read(chunk, 0, (int) Math.min(chunk.length, data.byteSize() - at));
                if (count < 0) {
                    throw new WeightsException("the storage " + Shown.text(key) + " in " + file + " is truncated");
                }
                MemorySegment.copy(MemorySegment.ofArray(chunk), 0, data, at, count);
                at += count;
            }
        }
        storages.put(key, data);
        return data;
    }

    private MemorySegment allocate(long bytes) {
        if (bytes < 0 || bytes > allowance - taken) {
            throw new WeightsException(file + " would take more than " + allowance
                    + " bytes of memory, far more than its size; convert it to safetensors");
        }
        taken += bytes;
        return arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    }
}
