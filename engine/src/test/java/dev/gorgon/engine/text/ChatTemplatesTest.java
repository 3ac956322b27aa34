package dev.gorgon.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.engine.DemoFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplatesTest {

    @TempDir
    Path folder;

    private void write(String name, String content) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.writeString(folder.resolve(name), content);
    }

    private String render(Map<String, ?> variables) {
        return ChatTemplates.read(folder).orElseThrow().render(variables);
    }

    @Test
    void aFolderWithoutTemplatesHasNone() throws IOException {
        assertThat(ChatTemplates.read(folder)).isEmpty();
        write("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": null}");
        assertThat(ChatTemplates.read(folder)).isEmpty();
    }

    @Test
    void specialTokensAreVariablesUnlessGiven() throws IOException {
        write("tokenizer_config.json", """
                {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "unk_token": null,
                 "additional_special_tokens": ["<a>", {"content": "<b>"}],
                 "chat_template": "{{ bos_token }}{{ eos_token }}{{ unk_token is defined }}{{ additional_special_tokens }}"}
                """);
        assertThat(render(Map.of())).isEqualTo("<s></s>False['<a>', '<b>']");
        assertThat(render(Map.of("bos_token", "!"))).isEqualTo("!</s>False['<a>', '<b>']");
    }

    @Test
    void specialTokensOfTheirOwnFileFillGaps() throws IOException {
        write("special_tokens_map.json", "{\"bos_token\": \"<old>\", \"eos_token\": {\"content\": \"<end>\"}}");
        write(
                "tokenizer_config.json",
                "{\"bos_token\": \"<s>\", \"chat_template\": \"{{ bos_token }}{{ eos_token }}\"}");
        assertThat(render(Map.of())).isEqualTo("<s><end>");
    }

    /** transformers always passes these; templates ask whether they are none, and some whether they are defined. */
    @Test
    void whatTransformersAlwaysPassesIsDefined() throws IOException {
        write(
                "chat_template.jinja",
                "{{ tools is none }}{{ documents is defined }}{{ add_generation_prompt }}{{ guideline is defined }}");
        assertThat(render(Map.of())).isEqualTo("TrueTrueFalseFalse");
    }

    @Test
    void toolsChooseTheTemplateForTools() throws IOException {
        write("tokenizer_config.json", """
                {"chat_template": [{"name": "default", "template": "plain {{ a }}"},
                 {"name": "tool_use", "template": "tools {{ b }}"}, {"name": "rag", "template": "{% wrong %}"}]}
                """);
        assertThat(render(Map.of())).isEqualTo("plain ");
        assertThat(render(Map.of("tools", List.of(Map.of("type", "function"))))).isEqualTo("tools ");
        ChatTemplate template = ChatTemplates.read(folder).orElseThrow();
        assertThat(List.of(template.uses("a"), template.uses("b"), template.uses("plain")))
                .containsExactly(true, true, false);
    }

    @Test
    void aTemplateFileComesBeforeTheConfiguration() throws IOException {
        write("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": \"config\"}");
        write("chat_template.json", "{\"chat_template\": \"json\"}");
        assertThat(render(Map.of())).isEqualTo("config");
        write("chat_template.jinja", "file {{ bos_token }}\n");
        assertThat(render(Map.of())).isEqualTo("file <s>");
        write("additional_chat_templates/tool_use.jinja", "with tools");
        assertThat(render(Map.of("tools", List.of()))).isEqualTo("with tools");
    }

    @Test
    void aProcessorsTemplateIsTakenLast() throws IOException {
        write("chat_template.json", "{\"chat_template\": \"json\"}");
        assertThat(render(Map.of())).isEqualTo("json");
    }

    @Test
    void anotherFileReplacesTheConfiguration() throws IOException {
        write("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": \"config\"}");
        write("chat_template.jinja", "file {{ bos_token }}");
        write("other.json", "{\"bos_token\": \"<o>\", \"chat_template\": \"other {{ bos_token }}\"}");
        Optional<ChatTemplate> other = ChatTemplates.read(folder, folder.resolve("other.json"));
        assertThat(other.orElseThrow().render(Map.of())).isEqualTo("other <o>");
        write("tokens.json", "{\"bos_token\": \"<t>\"}");
        Optional<ChatTemplate> tokens = ChatTemplates.read(folder, folder.resolve("tokens.json"));
        assertThat(tokens.orElseThrow().render(Map.of())).isEqualTo("file <t>");
        assertThatThrownBy(() -> ChatTemplates.read(folder, folder.resolve("absent.json")))
                .isInstanceOf(TextException.class)
                .hasMessageContaining("absent.json");
    }

    /** A model with a malformed template can still complete texts. */
    @Test
    void whatIsWrongIsToldWhenChatIsAskedFor() throws IOException {
        write("chat_template.jinja", "{% if x %}\nno end");
        ChatTemplate broken = ChatTemplates.read(folder).orElseThrow();
        assertThat(broken.uses("x")).isFalse();
        assertThatThrownBy(() -> broken.render(Map.of()))
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        e -> assertThat(e.raisedByTemplate()).isFalse())
                .hasMessageContaining("does not compile")
                .hasMessageContaining("endif");
        Files.write(folder.resolve("chat_template.jinja"), new byte[] {'a', (byte) 0xff});
        assertThatThrownBy(() -> render(Map.of())).isInstanceOf(TemplateException.class);
    }

    @Test
    void severalTemplatesWithoutADefaultAreNotGuessedAmong() throws IOException {
        write("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}]}");
        assertThatThrownBy(() -> render(Map.of())).hasMessageContaining("none named default");
    }

    @Test
    void aRefusalIsToldInTheTemplatesWords() throws IOException {
        write("chat_template.jinja", "\n\n{{ raise_exception('Roles must alternate') }}");
        assertThatThrownBy(() -> render(Map.of()))
                .isInstanceOfSatisfying(
                        TemplateException.class,
                        e -> assertThat(e.raisedByTemplate()).isTrue())
                .hasMessage("Roles must alternate");
    }

    @Test
    void theDemonstrationModelChats() throws IOException {
        ChatTemplate template =
                ChatTemplates.read(DemoFolders.folder("stheno-8m")).orElseThrow();
        String prompt = template.render(Map.of(
                "messages",
                List.of(
                        Map.of("role", "user", "content", "Hi"),
                        Map.of("role", "assistant", "content", "Hello."),
                        Map.of("role", "user", "content", "Bye")),
                "add_generation_prompt",
                true));
        // what transformers makes of it
        assertThat(prompt).isEqualTo("<s>[INST] Hi [/INST] Hello.</s>[INST] Bye [/INST]");
    }
}
