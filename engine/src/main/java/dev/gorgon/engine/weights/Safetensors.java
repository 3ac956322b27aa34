package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/**
 * A memory-mapped safetensors file: 8 bytes of little-endian header length, a JSON header of types, shapes and offsets, then the
 * data. Everything in the header is checked before any tensor can be read. When a file becomes shorter while it is open, reading
 * what is gone raises an {@link InternalError}; see {@link FiniteCheck}.
 */
public final class Safetensors implements TensorSource {

    private final Path path;
    private final Arena arena;
    private final MemorySegment data;
    private final SafetensorsHeader header;

    private Safetensors(Path path, Arena arena, MemorySegment data, SafetensorsHeader header) {
        this.path = path;
        this.arena = arena;
        this.data = data;
        this.header = header;
    }

    /**
     * Maps and checks a file.
     *
     * @throws WeightsException if it cannot be read, its header is not valid, or it is beyond the limits
     */
    static Safetensors open(Path file, ReadLimits limits) {
        // opening a pipe would wait for somebody to write into it
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new WeightsException(file + " is not a regular file");
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(file, channel, limits);
            MemorySegment data =
                    channel.map(FileChannel.MapMode.READ_ONLY, header.dataStart(), header.dataBytes(), arena);
            return new Safetensors(file, arena, data, header);
        } catch (IOException e) {
            arena.close();
            throw new WeightsException("cannot read " + file + ": " + WeightFiles.reason(e), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Tensor tensor(String name) {
        SafetensorsHeader.Entry entry = Optional.ofNullable(header.entries().get(name))
                .orElseThrow(() -> new WeightsException("there is no tensor " + name + " in " + path));
        return new Tensor(entry.type(), entry.shape(), data.asSlice(entry.begin(), entry.end() - entry.begin()));
    }

    @Override
    public void close() {
        arena.close();
    }
}
