package dev.gorgon.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFilesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path root;

    private Path work = Path.of("");
    private Path embeddedFolder = Path.of("");
    private ModelFiles files = new ModelFiles(EmbeddedModels.NONE);

    @BeforeEach
    void folders() throws IOException {
        work = Files.createDirectories(root.resolve("work"));
        embeddedFolder = Files.createDirectories(root.resolve("embedded"));
        Files.createDirectories(work.resolve("adapters/one"));
        Files.createDirectories(root.resolve("outside"));
        Files.writeString(work.resolve("file"), "x");
        files = new ModelFiles(
                new EmbeddedModels() {
                    @Override
                    public Optional<Path> folder(String name) {
                        return name.equals("demo") ? Optional.of(embeddedFolder) : Optional.empty();
                    }

                    @Override
                    public List<String> names() {
                        return List.of("demo");
                    }
                },
                work);
    }

    @Test
    void embeddedNamesWinForTheHubAndForModels() throws IOException {
        Files.createDirectories(work.resolve("demo"));
        assertThat(files.resolveAdapter("demo", AdapterSource.HUB)).isEqualTo(embeddedFolder);
        assertThat(files.resolveModel("demo")).isEqualTo(embeddedFolder);
        assertThat(files.resolveAdapter("demo", AdapterSource.LOCAL)).isEqualTo(work.resolve("demo"));
    }

    @Test
    void localFoldersByAbsoluteAndRelativePath() {
        assertThat(files.resolveAdapter("adapters/one", AdapterSource.LOCAL)).isEqualTo(work.resolve("adapters/one"));
        assertThat(files.resolveAdapter("adapters/../adapters/one", AdapterSource.LOCAL))
                .isEqualTo(work.resolve("adapters/one"));
        assertThat(files.resolveAdapter(root.resolve("outside").toString(), AdapterSource.LOCAL))
                .isEqualTo(root.resolve("outside"));
        assertThat(files.resolveModel("../outside")).isEqualTo(root.resolve("outside"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside", "adapters/../../outside", "..", "./../outside"})
    void relativeAdapterPathsCannotClimbOut(String id) {
        assertThatThrownBy(() -> files.resolveAdapter(id, AdapterSource.LOCAL))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("leaves the working directory");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\nb", "a\u007fb", "a\u0085b"})
    void controlCharactersAreRefusedAndNotEchoed(String id) {
        for (AdapterSource source : AdapterSource.values()) {
            assertThatThrownBy(() -> files.resolveAdapter(id, source))
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("control characters")
                    .message()
                    .doesNotContain(id);
        }
        assertThatThrownBy(() -> files.resolveModel(id)).isInstanceOf(HubException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void emptyNamesAreRefused(String id) {
        assertThatThrownBy(() -> files.resolveAdapter(id, AdapterSource.LOCAL)).hasMessageContaining("is empty");
        assertThatThrownBy(() -> files.resolveModel(id)).hasMessageContaining("is empty");
    }

    @Test
    void filesAndMissingFoldersAreNamed() {
        assertThatThrownBy(() -> files.resolveAdapter("file", AdapterSource.LOCAL))
                .hasMessageContaining("is not a folder");
        assertThatThrownBy(() -> files.resolveAdapter("nothing", AdapterSource.LOCAL))
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> files.resolveModel("file")).hasMessageContaining("is a file");
        assertThatThrownBy(() -> files.resolveModel("nothing"))
                .hasMessageContaining("neither an embedded model (demo)")
                .hasMessageContaining("nor an existing local folder");
    }

    @ParameterizedTest
    @EnumSource(
            value = AdapterSource.class,
            names = {"HUB", "S3", "PBASE"})
    void sourcesThatNeedADownloadSayWhatWorks(AdapterSource source) {
        assertThatThrownBy(() -> files.resolveAdapter("org/name", source))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("'org/name'")
                .hasMessageContaining("\"adapter_source\": \"local\"");
    }

    @Test
    void veryLongNamesAreShortenedInMessages() {
        assertThatThrownBy(() -> files.resolveAdapter("x".repeat(100_000), AdapterSource.HUB))
                .isInstanceOf(HubException.class)
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(600));
    }

    @Test
    void sourcesParseInAnyCase() {
        assertThat(AdapterSource.parse("Local")).contains(AdapterSource.LOCAL);
        assertThat(AdapterSource.parse("PBASE")).contains(AdapterSource.PBASE);
        assertThat(AdapterSource.parse("hub ")).isEmpty();
        assertThat(AdapterSource.parse("")).isEmpty();
        assertThat(AdapterSource.S3.wireName()).isEqualTo("s3");
    }
}
