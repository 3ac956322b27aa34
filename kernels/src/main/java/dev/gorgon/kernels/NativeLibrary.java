package dev.gorgon.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The shared library of native kernels. It travels inside the jar and is copied, under the hash of its bytes, to the folder that
 * {@code GORGON_CACHE} names (by default {@code ~/.cache/gorgon}), because the system's loader wants a file.
 * {@code GORGON_NATIVE_LIBRARY} names another library to load.
 */
final class NativeLibrary {

    /** Version of the tables that this class reads; the library says its own. */
    private static final int ABI = 2;

    private static final Linker LINKER = Linker.nativeLinker();

    private final SymbolLookup symbols;
    private final List<String> instructionSets;

    private NativeLibrary(SymbolLookup symbols, List<String> instructionSets) {
        this.symbols = symbols;
        this.instructionSets = instructionSets;
    }

    /** Why there are no native kernels; the message says it in full. */
    static final class UnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnavailableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Loads the library of this platform.
     *
     * @param override a library to load instead of the one in the jar, or empty
     * @throws UnavailableException if there is none, it cannot be loaded, or it is not one of this version
     */
    static NativeLibrary load(String override) {
        Path file = override.isEmpty() ? extract() : Path.of(override);
        if (!Files.isRegularFile(file)) {
            throw new UnavailableException("there is no native library " + file, null);
        }
        try {
            return new NativeLibrary(SymbolLookup.libraryLookup(file, Arena.global()), new ArrayList<>()).checked(file);
        } catch (IllegalArgumentException e) {
            throw new UnavailableException(file + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    private NativeLibrary checked(Path file) {
        MemorySegment version = symbols.find("gorgon_abi")
                .orElseThrow(() -> new UnavailableException(file + " is not a library of Gorgon's kernels", null));
        int abi = callInt(version);
        if (abi != ABI) {
            throw new UnavailableException(
                    file + " is of interface version " + abi + ", this Gorgon needs " + ABI + "; rebuild it", null);
        }
        int count = callInt(symbol("gorgon_instruction_sets"));
        MethodHandle name = LINKER.downcallHandle(
                symbol("gorgon_instruction_set_name"),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        for (int i = 0; i < count; i++) {
            try {
                MemorySegment text = (MemorySegment) name.invokeExact(i);
                instructionSets.add(text.reinterpret(64).getString(0));
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
        return this;
    }

    private MemorySegment symbol(String name) {
        return symbols.find(name).orElseThrow(() -> new UnavailableException("the native library lacks " + name, null));
    }

    private static int callInt(MemorySegment function) {
        try {
            return (int) LINKER.downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT))
                    .invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Names of the instruction sets in the library, the most capable first. */
    List<String> instructionSets() {
        return instructionSets;
    }

    /** Address of the table of an instruction set; null when this machine does not have it. */
    @Nullable
    MemorySegment table(String instructionSet, long bytes) {
        try {
            MemorySegment table = (MemorySegment) LINKER.downcallHandle(
                            symbol("gorgon_kernels"), FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                    .invokeExact(instructionSets.indexOf(instructionSet));
            return table.address() == 0 ? null : table.reinterpret(bytes);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
                ? "linux"
                : System.getProperty("os.name");
        String arch = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
        return os + "-" + arch;
    }

    private static Path extract() {
        String resource = "/native/" + platform() + "/libgorgon.so";
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new UnavailableException(
                        "this build has no native kernels for " + platform() + " (a C compiler was missing)", null);
            }
            byte[] bytes = in.readAllBytes();
            String hash = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            IOException failure = null;
            for (Path root : List.of(cache(), Path.of(System.getProperty("java.io.tmpdir"), "gorgon"))) {
                try {
                    return write(root.resolve("native").resolve(hash), bytes);
                } catch (IOException e) {
                    failure = e;
                }
            }
            throw new UnavailableException(
                    "the native library cannot be written to " + cache() + ": " + failure, failure);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new UnavailableException("the native library cannot be read from the jar: " + e, e);
        }
    }

    private static Path cache() {
        String named = System.getenv("GORGON_CACHE");
        if (named != null && !named.isEmpty()) {
            return Path.of(named);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return xdg != null && !xdg.isEmpty()
                ? Path.of(xdg, "gorgon")
                : Path.of(System.getProperty("user.home"), ".cache", "gorgon");
    }

    /** Writes the library once; a file that was damaged since is replaced, one that is in use stays as it is. */
    private static Path write(Path folder, byte[] bytes) throws IOException {
        Path file = folder.resolve("libgorgon.so");
        if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
            return file;
        }
        Files.createDirectories(folder);
        Path partial = Files.createTempFile(folder, "libgorgon", ".part");
        try {
            Files.write(partial, bytes);
            try {
                Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(partial);
        }
        return file;
    }
}
