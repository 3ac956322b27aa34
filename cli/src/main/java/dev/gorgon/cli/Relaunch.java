package dev.gorgon.cli;

import dev.gorgon.kernels.KernelProviders;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Makes {@code java -jar gorgon.jar} work without flags: a manifest cannot ask for the Vector API, so a JVM that lacks it starts
 * itself again with it — in place where the system has {@code execv}, as a child process elsewhere.
 */
final class Relaunch {

    private static final String MODULE = "jdk.incubator.vector";
    /** Set in the second JVM, so that a failure cannot loop. */
    private static final String GUARD = "gorgon.relaunched";

    private Relaunch() {}

    /** Returns if the Vector API is there or cannot be had; otherwise this process becomes another one. */
    static void withVectorApi(String[] args) {
        if (KernelProviders.vectorApiPresent() || System.getProperty(GUARD) != null) {
            return;
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("--add-modules", MODULE, "--enable-native-access=ALL-UNNAMED", "-D" + GUARD + "=true"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        try {
            if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")) {
                Process child = new ProcessBuilder(command).inheritIO().start();
                System.exit(child.waitFor());
            }
            execute(command);
        } catch (IOException e) {
            warn(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            warn(e);
        }
    }

    private static void warn(Exception e) {
        System.err.println("gorgon: could not start java again with --add-modules " + MODULE + " (" + e.getMessage()
                + "); going on with slow scalar arithmetic");
    }

    /** Replaces this process; returns only if that fails. */
    private static void execute(List<String> command) throws IOException {
        Linker linker = Linker.nativeLinker();
        MethodHandle execv = linker.downcallHandle(
                linker.defaultLookup().find("execv").orElseThrow(() -> new IOException("there is no execv")),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argv = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                argv.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
            }
            argv.setAtIndex(ValueLayout.ADDRESS, command.size(), MemorySegment.NULL);
            System.out.flush();
            System.err.flush();
            int status = (int) execv.invokeExact(arena.allocateFrom(command.getFirst()), argv);
            throw new IOException("execv returned " + status);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException(e);
        }
    }
}
