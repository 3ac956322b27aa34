package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepoNameTest {

    private static RepoName parse(String id, String revision) {
        return RepoName.of(new FileRef(AdapterSource.HUB, id, Optional.of(revision)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "org/name", "_o/n_", "A.b-c_9/x.y", "o/n-1"})
    void idsOfTheHub(String id) {
        assertThat(parse(id, "main").id()).isEqualTo(id);
    }

    @Test
    void longNames() {
        String longest = "x".repeat(96);
        assertThat(parse(longest + "/" + longest, "main").folderName())
                .isEqualTo("models--" + longest + "--" + longest);
        assertThatThrownBy(() -> parse(longest + "x", "main")).isInstanceOf(HubException.class);
        assertThatThrownBy(() -> parse("o/" + longest + "x", "main")).isInstanceOf(HubException.class);
        assertThatThrownBy(() -> parse("x".repeat(1_000_000), "main"))
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).length()).isLessThan(500));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "/",
                "a/",
                "/a",
                "a//b",
                "a/b/c",
                "..",
                "../a",
                "a/..",
                "a..b",
                ".a",
                "a.",
                "-a",
                "a-",
                "a/.b",
                "a/b-",
                "a b",
                "a?b",
                "a#b",
                "a%2e",
                "a\\b",
                "a\0b",
                "a\nb",
                "é/x",
                "a--b/c",
                "a/b--c",
                "http://x/y",
                "a/b.git",
                "a@b"
            })
    void otherIdsAreRefused(String id) {
        assertThatThrownBy(() -> parse(id, "main"))
                .isInstanceOf(HubException.class)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(HubException.Code.INVALID_NAME))
                .message()
                .doesNotContainPattern("[\\p{Cntrl}]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"main", "v1.0", "refs/pr/1", "feature/a_b", "0123456789abcdef0123456789abcdef01234567"})
    void revisionsOfTheHub(String revision) {
        assertThat(parse("a/b", revision).revision()).isEqualTo(revision);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/../b", "/a", "a/", "a//b", "a b", "a\0", "-a", ".a", "a?b", "a%2f", "a\\b"})
    void otherRevisionsAreRefused(String revision) {
        assertThatThrownBy(() -> parse("a/b", revision))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("is not a revision");
    }
}
