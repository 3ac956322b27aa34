package dev.gorgon.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.train.data.ReadSettings.Form;
import dev.gorgon.train.data.ReadSettings.OnBad;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations in every form, and what is said about rows that are none. */
class ConversationsTest {

    @TempDir
    Path folder;

    private final List<BadRow> bad = new ArrayList<>();

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("input"), text);
    }

    private List<Conversation> read(Path file, Form form, OnBad onBad) {
        List<Conversation> all = new ArrayList<>();
        try (Conversations conversations = Conversations.open(file, new ReadSettings(form, onBad, bad::add))) {
            for (Optional<Conversation> next = conversations.next(); next.isPresent(); next = conversations.next()) {
                all.add(next.get());
            }
            assertThat(conversations.skipped()).isEqualTo(bad.size());
        }
        return all;
    }

    private List<Conversation> read(String text) throws IOException {
        return read(file(text), Form.AUTO, OnBad.FAIL);
    }

    private List<Conversation> lenient(String text) throws IOException {
        return read(file(text), Form.AUTO, OnBad.SKIP);
    }

    /** Roles by their first letters, and contents. */
    private static List<String> shown(List<Conversation> conversations) {
        return conversations.stream()
                .map(conversation -> conversation.messages().stream()
                        .map(message -> message.role().charAt(0) + ":" + message.content())
                        .reduce((a, b) -> a + "|" + b)
                        .orElseThrow())
                .toList();
    }

    /** One conversation twice, in each form that has roles. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'id':'a','conversations':[{'from':'human','value':'Q'},{'from':'gpt','value':'A'}]},"
                        + "{'id':'b','conversations':[{'from':'user','value':'Q'},{'from':'bing','value':'A'}]}]",
                "[\n{'id':'a',\n'items':[{'from':'human','value':'Q'},\n{'from':'chatgpt','value':'A'}]},\n"
                        + "{'id':'b','items':[{'from':'human','value':'Q'},{'from':'bard','value':'A'}]}\n]\n",
                "[[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}],"
                        + "[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]]",
                "[\n    [\n        {\n            'role': 'user',\n            'content': 'Q'\n        },\n"
                        + "        {'role': 'assistant', 'content': 'A'}\n    ],\n"
                        + "    [{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]\n]",
                "[{'messages':[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]},"
                        + "{'messages':[{'role':'User','content':[{'type':'text','text':'Q'}]},{'role':'model','content':'A'}]}]",
                "{'messages':[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]}\n\n"
                        + "{'messages':[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]}\r\n",
                "[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]\n"
                        + "[{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]",
                "{\n  'messages': [\n    {'role':'user','content':'Q'},\n    {'role':'assistant','content':'A'}\n  ]\n}\n"
                        + "{\n  'messages': [{'role':'user','content':'Q'},{'role':'assistant','content':'A'}]\n}\n",
                "[\n{'role':'user','content':'Q'},\n{'role':'assistant','content':'A'}\n]\n"
                        + "[{'role':'user','content':'Q'},\n{'role':'assistant','content':'A'}]\n",
                "[{'prompt':'Q','response':'A'},{'instruction':'Q','output':'A','input':''}]",
            })
    void conversationsInEveryForm(String text) throws IOException {
        String json = text.replace('\'', '"');
        assertThat(shown(read(json))).containsExactly("u:Q|a:A", "u:Q|a:A");
        assertThat(shown(read("\ufeff" + json))).hasSize(2);
        Path packed = folder.resolve("packed");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(json.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(shown(read(packed, Form.AUTO, OnBad.FAIL))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "['One','Two']",
                "'One'\n'Two'\n",
                "[{'prompt':'One'},{'instruction':'Two'}]",
                "{'text':'One'}\n{'question':'Two'}",
                "[{'prompt':[{'role':'user','content':'One'}]},['Two']]",
                "One\n\nTwo",
                "  One\r\n   \r\nTwo  \r\n",
            })
    void promptsInEveryForm(String text) throws IOException {
        if (text.contains("['Two']")) {
            assertThat(shown(lenient(text.replace('\'', '"')))).containsExactly("u:One");
            assertThat(bad.getFirst().toString()).contains("message 1 must be an object, not a text");
            return;
        }
        assertThat(shown(read(text.replace('\'', '"')).stream()
                        .map(c -> new Conversation(
                                c.id(),
                                c.messages().stream()
                                        .map(m -> new Message(
                                                m.role(), m.content().strip()))
                                        .toList()))
                        .toList()))
                .containsExactly("u:One", "u:Two");
    }

    @Test
    void plainTextMayLookLikeSomethingElse() throws IOException {
        assertThat(shown(read("[INST] One [/INST]\n{{ two }}\n")))
                .containsExactly("u:[INST] One [/INST]", "u:{{ two }}");
        assertThat(shown(read("\"One\" is a number.\nTwo"))).containsExactly("u:\"One\" is a number.", "u:Two");
        Path paragraphs = file("One\nmore\n\n\nTwo\n");
        assertThat(shown(read(paragraphs, Form.PARAGRAPHS, OnBad.FAIL))).containsExactly("u:One\nmore", "u:Two");
        Path json = file("{\"a\":1}\n{\"b\":2}\n");
        assertThat(shown(read(json, Form.LINES, OnBad.FAIL))).containsExactly("u:{\"a\":1}", "u:{\"b\":2}");
    }

    @Test
    void turnsAreBroughtIntoOrder() throws IOException {
        assertThat(shown(read("""
                {"conversations":[{"from":"gpt","value":"Hello"},{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}
                {"system":"S","conversations":[{"from":"human","value":"Q"}]}
                {"messages":[{"role":"system","content":"S"},{"role":"assistant","content":"x"},{"role":"user","content":"1"},\
                {"role":"user","content":"2"},{"role":"assistant","content":"3"},{"role":"assistant","content":"4"},\
                {"role":"user","content":"5"}]}
                {"instruction":"Translate.","input":"Text","output":"Result"}
                """)))
                .containsExactly("u:Q|a:A", "s:S|u:Q", "s:S|u:1\n\n2|a:3\n\n4|u:5", "u:Translate.\n\nText|a:Result");
    }

    @Test
    void idsAreTheRowsOwnAndUnique() throws IOException {
        List<String> ids = read(
                        "[{\"id\":\"x\",\"prompt\":\"1\"},{\"id\":\"x\",\"prompt\":\"2\"},{\"id\":\"x#2\",\"prompt\":\"3\"},"
                                + "{\"id\":7,\"prompt\":\"4\"},{\"id\":\"x\",\"prompt\":\"5\"},{\"prompt\":\"6\"},{\"prompt\":\"6\"}]")
                .stream()
                .map(Conversation::id)
                .toList();
        assertThat(ids).doesNotHaveDuplicates().startsWith("x", "x#2", "x#2#2", "7", "x#3");
        assertThat(ids.get(5)).matches("row-6-[0-9a-f]{8}");
        assertThat(ids.get(6)).matches("row-7-[0-9a-f]{8}").endsWith(ids.get(5).substring(5));
    }

    /** An id does not depend on whether a bad row before it is skipped or was corrected. */
    @Test
    void idsDoNotDependOnBadRows() throws IOException {
        String good = "{\"prompt\":\"1\"}\n{\"prompt\":\"2\"}\n{\"prompt\":\"3\"}\n";
        String id = read(good).get(2).id();
        assertThat(lenient(good.replace("\"2\"", "2")).get(1).id()).isEqualTo(id);
    }

    @Test
    void theEndOfOurOwnOutputIsKnown() throws IOException {
        List<Conversation> read = read("""
                {"id":"a","messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"finish":"stop"}
                {"id":"b","messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}],"finish":"length"}
                """);
        assertThat(read).extracting(Conversation::cut).containsExactly(false, true);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{'conversations':[{'from':'narrator','value':'x'}]} # unknown role 'narrator'",
                "{'conversations':[{'from':'human','value':7}]} # must be a text, not a number",
                "{'conversations':[{'from':'human'}]} # neither 'content' nor 'value'",
                "{'conversations':[{'value':'x'}]} # neither 'role' nor 'from'",
                "{'conversations':[{'from':1,'value':'x'}]} # role of message 1 must be a text",
                "{'conversations':'x'} # must be a list, not a text",
                "{'conversations':['x']} # message 1 must be an object",
                "{'conversations':[]} # no message of a user",
                "{'conversations':[{'from':'gpt','value':'x'}]} # no message of a user",
                "{'conversations':[{'from':'human','value':' '}]} # message 1 of the user is empty",
                "{'messages':[{'role':'user','content':'a'},{'role':'system','content':'b'}]} # must come before the first user",
                "{'messages':[{'role':'user','content':'a'},{'role':'tool','content':'b'}]} # tool calls",
                "{'messages':[{'role':'user','content':null}]} # must be a text, not null",
                "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]} # a part that is no text",
                "{'foo':'x'} # has none of 'conversations'",
                "{'prompt':7} # the prompt must be a text",
                "7 # must be an object, a list of messages, or a text, not a number",
                "null # not null",
                "{'prompt':'a # not valid JSON",
                "{'prompt':'a'} x # not valid JSON",
            })
    void oneBadRowAmongThousands(String row, String problem) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 3000; i++) {
            text.append(i == 2000 ? row.replace('\'', '"') : "{\"prompt\":\"" + i + "\"}")
                    .append('\n');
        }
        assertThat(lenient(text.toString())).hasSize(2999);
        assertThat(bad).hasSize(1);
        assertThat(bad.getFirst().line()).isEqualTo(2000);
        assertThat(bad.getFirst().problem()).contains(problem);
        assertThatThrownBy(() -> read(text.toString()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("line 2000 (conversation 2000): ")
                .hasMessageContaining(problem)
                .hasMessageContaining("--on_bad skip");
    }

    @Test
    void elementsOfAnArrayHaveTheirLine() throws IOException {
        String text = "[\n{\"prompt\":\"1\"},\n\n{\"prompt\":\n2}, {\"prompt\":\"3\"}\n]\n";
        assertThat(shown(lenient(text))).containsExactly("u:1", "u:3");
        assertThat(bad.getFirst().line()).isEqualTo(4);
        assertThat(bad.getFirst().row()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "[{'prompt':'1'},{'prompt':'2'}, {'pro # Unexpected end-of-input",
                "[{'prompt':'1'},{'prompt':'2'} # nothing behind this place",
                "[{'prompt':'1'},{'prompt':'2'},] # nothing behind this place",
                "[{'prompt':'1'},{'prompt':'2'} 'x'] # nothing behind this place",
                "[{'prompt':'1'},{'prompt':'2'}] 7 # something follows the end",
            })
    void aBrokenArrayIsUsedUpToTheBreak(String text, String problem) throws IOException {
        String json = text.replace('\'', '"');
        assertThat(shown(lenient(json))).containsExactly("u:1", "u:2");
        assertThat(bad).hasSize(1);
        assertThat(bad.getFirst().problem()).contains(problem);
        assertThatThrownBy(() -> read(json)).isInstanceOf(DataException.class).hasMessageContaining(problem);
    }

    @Test
    void bytesThatAreNoTextAreBad() throws IOException {
        Path file = folder.resolve("bytes");
        Files.write(file, new byte[] {'O', 'n', 'e', '\n', (byte) 0xff, 'x', '\n', 'T', 'w', 'o', '\n'});
        assertThat(shown(read(file, Form.AUTO, OnBad.SKIP))).containsExactly("u:One", "u:Two");
        assertThat(bad.getFirst().toString()).contains("line 2").contains("not valid UTF-8");
        bad.clear();
        byte[] json = "{\"prompt\":\"One\"}\n{\"prompt\":\"x\"}\n{\"prompt\":\"Two\"}".getBytes(StandardCharsets.UTF_8);
        json[28] = (byte) 0xff;
        Files.write(file, json);
        assertThat(shown(read(file, Form.AUTO, OnBad.SKIP))).containsExactly("u:One", "u:Two");
        assertThat(bad.getFirst().line()).isEqualTo(2);
    }

    @Test
    void filesThatAreNoInput() throws IOException {
        assertThatThrownBy(() -> read("")).hasMessageContaining("is empty");
        assertThatThrownBy(() -> read(" \n\n")).hasMessageContaining("is empty");
        assertThatThrownBy(() -> read(folder.resolve("none"), Form.AUTO, OnBad.FAIL))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("there is no such file");
        assertThatThrownBy(() -> read(folder, Form.AUTO, OnBad.FAIL)).hasMessageContaining("is a folder");
        Path utf16 = Files.write(folder.resolve("utf16"), "One".getBytes(StandardCharsets.UTF_16));
        assertThatThrownBy(() -> read(utf16, Form.AUTO, OnBad.FAIL)).hasMessageContaining("UTF-16");
        assertThat(read("[]")).isEmpty();
    }

    @Test
    void aDamagedArchiveSaysSo() throws IOException {
        Path packed = folder.resolve("packed");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            for (int i = 0; i < 100_000; i++) {
                out.write(("{\"prompt\":\"" + i * 7919L + "\"}\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        byte[] bytes = Files.readAllBytes(packed);
        Files.write(packed, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> read(packed, Form.AUTO, OnBad.SKIP))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("cannot read");
    }
}
