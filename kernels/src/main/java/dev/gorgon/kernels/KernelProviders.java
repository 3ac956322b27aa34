package dev.gorgon.kernels;

/** Chooses the provider, once, at start-up. */
public final class KernelProviders {

    private static final String MODULE = "jdk.incubator.vector";

    private KernelProviders() {}

    /**
     * The provider for a choice of {@code auto}, {@code portable} or {@code scalar}.
     *
     * @throws IllegalArgumentException for any other name, or when the portable provider cannot run in this JVM
     */
    public static Kernels select(String choice) {
        return switch (choice) {
            case "auto" -> vectorApiPresent() ? new VectorKernels() : new ScalarKernels();
            case "portable" -> {
                if (!vectorApiPresent()) {
                    throw new IllegalArgumentException(
                            "the portable kernels need the Vector API: start java with --add-modules " + MODULE);
                }
                yield new VectorKernels();
            }
            case "scalar" -> new ScalarKernels();
            default ->
                throw new IllegalArgumentException("unknown kernels '" + choice + "': choose auto, portable or scalar");
        };
    }

    /** Whether the JVM was started with the Vector API; without it only the (slow) scalar kernels run. */
    public static boolean vectorApiPresent() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }
}
