package dev.gorgon.kernels;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the provider, once, at start-up. */
public final class KernelProviders {

    private static final Logger LOG = LoggerFactory.getLogger(KernelProviders.class);
    private static final String MODULE = "jdk.incubator.vector";
    private static final String NATIVE = "native";

    private KernelProviders() {}

    /**
     * The provider for a choice of {@code auto}, {@code native}, {@code native-<instruction set>}, {@code portable} or
     * {@code scalar}. {@code auto} is the first of native, portable and scalar that runs here.
     *
     * @throws IllegalArgumentException for any other name, or when the chosen provider cannot run here; the message says why
     */
    public static Kernels select(String choice) {
        return switch (choice) {
            case "auto" -> best();
            case "portable" -> {
                if (!vectorApiPresent()) {
                    throw new IllegalArgumentException(
                            "the portable kernels need the Vector API: start java with --add-modules " + MODULE);
                }
                yield new VectorKernels();
            }
            case "scalar" -> new ScalarKernels();
            default -> {
                if (!choice.equals(NATIVE) && !choice.startsWith(NATIVE + "-")) {
                    throw new IllegalArgumentException(
                            "unknown kernels '" + choice + "': choose auto, native, portable or scalar");
                }
                yield nativeKernels(choice);
            }
        };
    }

    private static Kernels best() {
        try {
            return loadNative("");
        } catch (NativeLibrary.UnavailableException e) {
            Kernels fallback = vectorApiPresent() ? new VectorKernels() : new ScalarKernels();
            LOG.warn("no native kernels: {}; using {}", e.getMessage(), fallback.name());
            return fallback;
        }
    }

    private static Kernels nativeKernels(String choice) {
        try {
            return loadNative(choice.equals(NATIVE) ? "" : choice.substring(NATIVE.length() + 1));
        } catch (NativeLibrary.UnavailableException e) {
            throw new IllegalArgumentException(
                    "the kernels '" + choice + "' cannot be used: " + e.getMessage()
                            + "; choose auto or portable to run without them",
                    e);
        }
    }

    /** Choices that can run here, the best first: the native ones by instruction set, then portable, then scalar. */
    public static List<String> available() {
        List<String> names = new ArrayList<>();
        try {
            NativeLibrary library = NativeLibrary.load(override());
            for (String set : library.instructionSets()) {
                if (library.table(set, 0) != null) {
                    names.add(NATIVE + "-" + set);
                }
            }
        } catch (NativeLibrary.UnavailableException e) {
            LOG.debug("no native kernels", e);
        }
        if (vectorApiPresent()) {
            names.add("portable");
        }
        names.add("scalar");
        return names;
    }

    private static String override() {
        String named = System.getenv("GORGON_NATIVE_LIBRARY");
        return named == null ? "" : named;
    }

    private static Kernels loadNative(String instructionSet) {
        return NativeKernels.of(NativeLibrary.load(override()), instructionSet);
    }

    /** Whether the JVM was started with the Vector API; without it the portable kernels cannot run. */
    public static boolean vectorApiPresent() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }
}
