package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Zeroed memory for weights, activations and keys and values. Large pieces come straight from the system, which is asked for huge pages: they are faulted in 512
 * times faster, and reading them misses the translation cache less. On other systems than Linux this is ordinary arena memory.
 */
public final class LargeMemory {

    /** From this size on: some huge pages, so that rounding up wastes little. */
    private static final long LARGE = 4L << 20;

    private static final long HUGE_PAGE = 2L << 20;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_HUGEPAGE = 14;

    private static final @Nullable MethodHandle MMAP = handle(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final @Nullable MethodHandle MUNMAP =
            handle("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final @Nullable MethodHandle MADVISE = handle(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    private LargeMemory() {}

    /** Zeroed memory, aligned to 64 bytes or more, that lives as long as the arena. */
    public static MemorySegment allocate(Arena arena, long bytes) {
        MethodHandle map = MMAP;
        MethodHandle unmap = MUNMAP;
        MethodHandle advise = MADVISE;
        if (bytes < LARGE || map == null || unmap == null || advise == null) {
            return arena.allocate(bytes, 64);
        }
        try {
            long size = bytes + HUGE_PAGE;
            long base = (long) map.invokeExact(0L, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (base == -1L) {
                throw new OutOfMemoryError("the system has no " + bytes + " bytes left");
            }
            long aligned = (base + HUGE_PAGE - 1) & -HUGE_PAGE;
            int ignored = (int) advise.invokeExact(aligned, bytes, MADV_HUGEPAGE);
            return MemorySegment.ofAddress(aligned).reinterpret(bytes, arena, segment -> free(unmap, base, size));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private static void free(MethodHandle unmap, long base, long size) {
        try {
            int ignored = (int) unmap.invokeExact(base, size);
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private static IllegalStateException rethrow(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }

    private static @Nullable MethodHandle handle(String name, FunctionDescriptor descriptor) {
        if (!System.getProperty("os.name").equals("Linux")) {
            return null;
        }
        Linker linker = Linker.nativeLinker();
        SymbolLookup lookup = linker.defaultLookup();
        return lookup.find(name)
                .map(symbol -> linker.downcallHandle(symbol, descriptor))
                .orElse(null);
    }
}
