package dev.gorgon.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundPriorityTest {

    /** Niceness of the calling thread: the 19th field of its stat, the 17th after its name. */
    private static int niceness() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onlyTheCallingThreadGivesWay() throws Exception {
        int before = niceness();
        FutureTask<Integer> task = new FutureTask<>(() -> {
            assertThat(BackgroundPriority.lowerCurrentThread()).isTrue();
            return niceness();
        });
        Thread.ofPlatform().start(task).join();
        assertThat(task.get()).isGreaterThan(before);
        assertThat(niceness()).isEqualTo(before);
    }

    @Test
    void virtualThreadsAreRefused() throws Exception {
        FutureTask<Void> task = new FutureTask<>(() -> {
            assertThatIllegalStateException().isThrownBy(BackgroundPriority::lowerCurrentThread);
            return null;
        });
        Thread.ofVirtual().start(task).join();
        task.get();
    }
}
