package dev.gorgon.train.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.node.StringNode;

/** Plain text: a prompt per line, or prompts separated by blank lines. */
final class TextRows implements Rows {

    private final Path file;
    private final ByteLines lines;
    private final boolean paragraphs;

    TextRows(Path file, InputStream in, boolean paragraphs) {
        this.file = file;
        this.lines = new ByteLines(in, MAX_BYTES);
        this.paragraphs = paragraphs;
    }

    @Override
    public Optional<Row> next() {
        StringBuilder prompt = new StringBuilder();
        long first = 0;
        try {
            for (Optional<ByteLines.Line> next = lines.next(); next.isPresent(); next = lines.next()) {
                ByteLines.Line line = next.get();
                if (line.tooLong() || prompt.length() > MAX_BYTES) {
                    return Optional.of(new Row.Broken(line.number(), "a prompt of more than " + MAX_BYTES + " bytes"));
                }
                String text;
                try {
                    text = text(line.bytes()).stripTrailing();
                } catch (CharacterCodingException e) {
                    return Optional.of(new Row.Broken(line.number(), "the text is not valid UTF-8"));
                }
                if (!text.isBlank()) {
                    first = prompt.isEmpty() ? line.number() : first;
                    prompt.append(prompt.isEmpty() ? "" : "\n").append(text);
                }
                if (!prompt.isEmpty() && (!paragraphs || text.isBlank())) {
                    break;
                }
            }
        } catch (IOException e) {
            throw DataException.of("read", file, e);
        }
        return prompt.isEmpty()
                ? Optional.empty()
                : Optional.of(new Row.Value(first, StringNode.valueOf(prompt.toString())));
    }

    static String text(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }
}
