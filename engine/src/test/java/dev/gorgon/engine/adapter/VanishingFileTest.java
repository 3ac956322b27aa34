package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Weight files are mapped while an adapter is loaded, and native code packs them. When somebody cuts off such a file meanwhile, the
 * load has to fail; the process has to go on.
 */
class VanishingFileTest {

    private static final Set<String> ALLOCATING = Set.of("matrix", "lowRank");

    @TempDir
    Path folder;

    private static <T> T intercept(Class<T> type, Object target, InvocationHandler before) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result;
                    try {
                        result = method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                    before.invoke(result, method, arguments);
                    return result instanceof Backend.Memory memory && type == Backend.class
                            ? intercept(Backend.Memory.class, memory, before)
                            : result;
                }));
    }

    /** Cuts the file when the given number of matrices has been allocated, between checking a tensor and packing it. */
    private Backend cutting(Backend backend, Path file, int matrices, AtomicInteger open) {
        AtomicInteger allocated = new AtomicInteger();
        return intercept(Backend.class, backend, (result, method, arguments) -> {
            if (method.getName().equals("memory")) {
                open.incrementAndGet();
            } else if (method.getName().equals("close")) {
                open.decrementAndGet();
            } else if (ALLOCATING.contains(method.getName()) && allocated.incrementAndGet() == matrices) {
                try (RandomAccessFile shorter = new RandomAccessFile(file.toFile(), "rw")) {
                    shorter.setLength(0);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return result;
        });
    }

    @ParameterizedTest
    @CsvSource({
        "stheno-8m-pirate-lora, adapter_model.safetensors, 1",
        "stheno-8m-pirate-lora, adapter_model.safetensors, 2",
        "stheno-8m-pirate-lora, adapter_model.safetensors, 8",
        "stheno-8m-medusa, medusa_lm_head.safetensors, 1",
        "stheno-8m-medusa-v1, medusa_lm_head.safetensors, 2",
        "stheno-8m-pirate-lora-medusa, medusa_lm_head.safetensors, 3",
    })
    void onlyTheLoadFails(String name, String cut, int matrices) throws IOException {
        try (Stream<Path> files = Files.list(DemoFolders.folder(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        AtomicInteger open = new AtomicInteger();
        try (Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 1)) {
            AdapterLoader loader = new AdapterLoader(
                    ModelConfig.read(DemoFolders.folder("stheno-8m")),
                    cutting(backend, folder.resolve(cut), matrices, open));
            assertThatThrownBy(() -> loader.load("a", folder))
                    .isInstanceOf(AdapterException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("became shorter while");
            assertThat(open).as("memory that was not freed").hasValue(0);
        }
    }
}
