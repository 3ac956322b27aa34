package dev.gorgon.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.server.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("keys"), bytes);
    }

    @Test
    void aBrokenFileKeepsTheKeys() throws IOException {
        Path file = write("good\n".getBytes());
        KeyFile keys = new KeyFile(file);
        Files.delete(file);
        keys.refresh();
        assertThat(keys.keys().opens("good")).isTrue();
        for (byte[] broken : new byte[][] {
            "new\ntwo words\n".getBytes(),
            {(byte) 0xFF, (byte) 0xFE, 'a'},
            "k\n".repeat(600_000).getBytes()
        }) {
            write(broken);
            keys.refresh();
            assertThat(keys.keys().opens("good")).isTrue();
            assertThat(keys.keys().opens("new")).isFalse();
        }
        write("newer".getBytes());
        keys.refresh();
        assertThat(keys.keys().opens("good")).isFalse();
        assertThat(keys.keys().opens("newer")).isTrue();
    }

    @Test
    void aFileThatWasReplacedIsSeenWhateverItsTimeAndSize() throws IOException {
        Path file = write("one1".getBytes());
        KeyFile keys = new KeyFile(file);
        Path other = Files.write(folder.resolve("other"), "two2".getBytes());
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        keys.refresh();
        assertThat(keys.keys().opens("two2")).isTrue();
        assertThat(keys.keys().opens("one1")).isFalse();
    }

    @Test
    void theMessageNamesTheLineAndNotItsContents() throws IOException {
        Path file = write("# c\nfine\nsecret with spaces\n".getBytes());
        assertThatThrownBy(() -> new KeyFile(file))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("line 3 of the key file")
                .hasMessageNotContaining("secret");
    }

    @Test
    void anEmptyRingOpensNothing() {
        assertThat(KeyRing.EMPTY.opens("")).isFalse();
        assertThat(KeyRing.EMPTY.opens("a")).isFalse();
    }
}
