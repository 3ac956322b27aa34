package dev.gorgon.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelFilesTest {
    private static final EmbeddedModels NAMED_DEMO = new EmbeddedModels() {
        @Override
        public Optional<Path> folder(String name) {
            return name.equals("demo") ? Optional.of(Path.of("embedded")) : Optional.empty();
        }

        @Override
        public List<String> names() {
            return List.of("demo");
        }
    };

    /** Has exactly one repository, and says what was asked for. */
    private static final class OneRepo implements FileSource {
        @Override
        public Located locate(FileRef ref, Credential credential) {
            if (!ref.id().equals("org/one")) {
                throw new HubException(Code.NOT_FOUND, "there is no " + ref.id());
            }
            return new Located(ref, "v1", true);
        }

        @Override
        public Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
            return Path.of(located.ref().id(), located.version(), contents.name(), credential.token());
        }
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path root;

    private ModelFiles files = new ModelFiles(EmbeddedModels.NONE, Map.of());

    @BeforeEach
    void folders() throws IOException {
        Files.createDirectories(root.resolve("inside/one"));
        Files.createDirectories(root.resolve("outside"));
        Files.writeString(root.resolve("file"), "x");
        files = new ModelFiles(
                NAMED_DEMO,
                Map.of(
                        AdapterSource.HUB,
                        new OneRepo(),
                        AdapterSource.LOCAL,
                        LocalSource.confined(List.of(root.resolve("inside")))));
    }

    private Path adapter(ModelFiles from, AdapterSource source, String id) {
        Located located = from.locate(FileRef.of(source, id), Credential.NONE);
        return from.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
    }

    private Path model(AdapterSource source, String id) {
        return files.resolveModel(FileRef.of(source, id), new Credential("t"), Progress.NONE);
    }

    @Test
    void embeddedNamesWinOverTheHub() {
        assertThat(adapter(files, AdapterSource.HUB, "demo")).isEqualTo(Path.of("embedded"));
        assertThat(files.locate(FileRef.of(AdapterSource.HUB, "demo"), Credential.NONE)
                        .restricted())
                .isFalse();
        assertThat(model(AdapterSource.HUB, "demo")).isEqualTo(Path.of("embedded"));
        assertThatThrownBy(() -> adapter(files, AdapterSource.LOCAL, "demo")).hasMessageContaining("does not exist");
    }

    @Test
    void otherNamesGoToTheirSource() {
        assertThat(adapter(files, AdapterSource.HUB, "org/one")).isEqualTo(Path.of("org/one/v1/ADAPTER"));
        assertThat(files.locate(FileRef.of(AdapterSource.HUB, "org/one"), Credential.NONE)
                        .restricted())
                .isTrue();
        assertThat(model(AdapterSource.HUB, "org/one")).isEqualTo(Path.of("org/one/v1/MODEL/t"));
        assertThat(adapter(files, AdapterSource.LOCAL, "one").getFileName()).hasToString("one");
    }

    @Test
    void theOperatorMayNameAnyFolder() throws IOException {
        String outside = root.resolve("outside").toString();
        assertThat(model(AdapterSource.HUB, outside)).isEqualTo(root.resolve("outside"));
        assertThat(model(AdapterSource.LOCAL, outside))
                .isEqualTo(root.resolve("outside").toRealPath());
        assertThat(adapter(files.trusted(), AdapterSource.LOCAL, outside))
                .isEqualTo(root.resolve("outside").toRealPath());
        assertThatThrownBy(() -> adapter(files, AdapterSource.LOCAL, outside))
                .hasMessageContaining("--local-adapter-root");
    }

    @Test
    void modelsThatAreNowhereAreExplained() {
        assertThatThrownBy(() -> model(AdapterSource.HUB, root.resolve("file").toString()))
                .hasMessageContaining("is a file");
        assertThatThrownBy(() -> model(AdapterSource.HUB, "org/two"))
                .hasMessageContaining("neither an embedded model (demo)")
                .hasMessageContaining("nor an existing local folder")
                .hasMessageContaining("there is no org/two");
        for (String odd : new String[] {"", " ", "a\0b"}) {
            assertThatThrownBy(() -> model(AdapterSource.HUB, odd)).isInstanceOf(HubException.class);
            assertThatThrownBy(() -> model(AdapterSource.LOCAL, odd)).isInstanceOf(HubException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(AdapterSource.class)
    void sourcesThatAreMissingSayWhatToSet(AdapterSource source) {
        ModelFiles none = new ModelFiles(NAMED_DEMO, Map.of());
        assertThatThrownBy(() -> adapter(none, source, "x".repeat(100_000)))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("source '" + source.wireName() + "' is not set up")
                .satisfies(e -> {
                    assertThat(((HubException) e).code()).isEqualTo(Code.NOT_CONFIGURED);
                    assertThat(String.valueOf(e.getMessage()).length()).isLessThan(600);
                });
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
