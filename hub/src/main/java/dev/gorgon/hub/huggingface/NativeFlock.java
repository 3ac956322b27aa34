package dev.gorgon.hub.huggingface;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code flock(2)}: the kind of lock that Python takes. Java's own locks are of the other kind ({@code fcntl}), and on Linux the two
 * do not see each other.
 */
final class NativeFlock {
    private static final int READ_WRITE = 2;
    private static final int EXCLUSIVE_AT_ONCE = 2 | 4;
    private static final String SYSTEM = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    private static final boolean MAC = SYSTEM.contains("mac");
    private static final int CLOSE_ON_EXEC = MAC ? 0x1000000 : 0x80000;
    /** Somebody else has it: EACCES, and EWOULDBLOCK, which is not the same number everywhere. */
    private static final Set<Integer> BUSY = Set.of(13, MAC ? 35 : 11);

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Optional<NativeFlock> INSTANCE = link();

    private final MethodHandle open;
    private final MethodHandle flock;
    private final MethodHandle close;

    private NativeFlock(MethodHandle open, MethodHandle flock, MethodHandle close) {
        this.open = open;
        this.flock = flock;
        this.close = close;
    }

    /** Empty on systems that have no such locks. */
    static Optional<NativeFlock> find() {
        return INSTANCE;
    }

    private static Optional<NativeFlock> link() {
        if (!MAC && !SYSTEM.contains("linux")) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            SymbolLookup library = linker.defaultLookup();
            Linker.Option errno = Linker.Option.captureCallState("errno");
            FunctionDescriptor path =
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
            FunctionDescriptor two =
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            FunctionDescriptor one = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            return Optional.of(new NativeFlock(
                    linker.downcallHandle(library.findOrThrow("open"), path, errno, Linker.Option.firstVariadicArg(2)),
                    linker.downcallHandle(library.findOrThrow("flock"), two, errno),
                    linker.downcallHandle(library.findOrThrow("close"), one, errno)));
        } catch (RuntimeException e) {
            return Optional.empty(); // no such function, or native access is not allowed
        }
    }

    /**
     * Opens an existing file and locks it, if nobody else has.
     *
     * @return the open file, to be given to {@link #release}; empty if somebody has it
     * @throws IOException if it cannot be opened, or its file system has no such locks
     */
    Optional<Integer> tryLock(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int descriptor =
                    (int) open.invokeExact(state, arena.allocateFrom(file.toString()), READ_WRITE | CLOSE_ON_EXEC);
            if (descriptor < 0) {
                throw new IOException("cannot open " + file + ": errno " + (int) ERRNO.get(state, 0L));
            }
            if ((int) flock.invokeExact(state, descriptor, EXCLUSIVE_AT_ONCE) == 0) {
                return Optional.of(descriptor);
            }
            int errno = (int) ERRNO.get(state, 0L);
            release(descriptor);
            if (BUSY.contains(errno)) {
                return Optional.empty();
            }
            throw new IOException("cannot lock " + file + ": errno " + errno);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Closes the file, which gives the lock back. */
    void release(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) close.invokeExact(arena.allocate(STATE), descriptor);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
