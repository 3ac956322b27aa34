package dev.gorgon.train.data;

import dev.gorgon.train.data.ReadSettings.Form;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** A file of conversations, opened in the form that its beginning shows. */
record InputFile(InputStream in, Rows rows) implements AutoCloseable {

    /** How much of the beginning is looked at. */
    private static final int HEAD = 1 << 20;
    /** Lines of it that may tell JSONL from JSON of another layout. */
    private static final int HEAD_LINES = 10;

    private static final Pattern ARRAY =
            Pattern.compile("\\[\\s*([\\[{\"\\]]|(true|false|null|-?\\d+)\\s*[,\\]]).*", Pattern.DOTALL);
    private static final Pattern OBJECT = Pattern.compile("\\{\\s*[\"}].*", Pattern.DOTALL);

    private enum Layout {
        ARRAY,
        LINES,
        VALUES,
        TEXT
    }

    static InputFile open(Path file, Form form) throws IOException {
        InputStream in = content(file);
        try {
            byte[] head = head(in);
            if (new String(head, StandardCharsets.UTF_8).isBlank()) {
                throw new DataException(file + " is empty; it must hold conversations or prompts");
            }
            return new InputFile(
                    in,
                    switch (form == Form.AUTO ? layout(head) : Layout.TEXT) {
                        case ARRAY -> new JsonStreamRows(in, true);
                        case VALUES -> new JsonStreamRows(in, false);
                        case LINES -> new JsonLineRows(file, in);
                        case TEXT -> new TextRows(file, in, form == Form.PARAGRAPHS);
                    });
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /** The bytes, unpacked, without a byte order mark. */
    private static InputStream content(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new DataException(file + " is a folder; name a file of conversations or prompts");
        }
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            raw.mark(2);
            boolean packed = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            InputStream in = new BufferedInputStream(packed ? new GZIPInputStream(raw, 1 << 16) : raw, HEAD);
            in.mark(3);
            byte[] mark = in.readNBytes(3);
            in.reset();
            if (startsWith(mark, 0xef, 0xbb, 0xbf)) {
                in.skipNBytes(3);
            } else if (startsWith(mark, 0xff, 0xfe) || startsWith(mark, 0xfe, 0xff)) {
                throw new DataException(file + " is UTF-16; save it as UTF-8");
            }
            return in;
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }

    private static boolean startsWith(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] head(InputStream in) throws IOException {
        in.mark(HEAD);
        byte[] head = in.readNBytes(HEAD);
        in.reset();
        return head;
    }

    private static Layout layout(byte[] head) throws IOException {
        String text = new String(head, StandardCharsets.UTF_8).stripLeading();
        if (text.startsWith("\"")) {
            return hasWholeLine(head, '"') ? Layout.LINES : Layout.TEXT;
        }
        boolean array = ARRAY.matcher(text).matches();
        if (!array && !OBJECT.matcher(text).matches()) {
            return Layout.TEXT;
        }
        if (array && !beginsWithMessage(head)) {
            return Layout.ARRAY;
        }
        return hasWholeLine(head, text.charAt(0)) ? Layout.LINES : Layout.VALUES;
    }

    /** Whether the first element of an array is a message, so that the array is one conversation of several. */
    private static boolean beginsWithMessage(byte[] head) {
        try (JsonParser parser = JsonValues.STREAM.createParser(head)) {
            parser.nextToken();
            return parser.nextToken() == JsonToken.START_OBJECT
                    && RowReader.isMessage(JsonValues.STREAM.readTree(parser));
        } catch (JacksonException e) {
            return false;
        }
    }

    /** Whether one of the first lines is a complete value of its own. */
    private static boolean hasWholeLine(byte[] head, char first) throws IOException {
        ByteLines lines = new ByteLines(new ByteArrayInputStream(head), HEAD);
        for (int i = 0; i < HEAD_LINES; i++) {
            Optional<ByteLines.Line> next = lines.next();
            if (next.isEmpty()) {
                // a first line longer than what is looked at is one of JSONL
                return i == 1 && head.length == HEAD;
            }
            byte[] line = next.get().bytes();
            if (line.length > 0 && line[0] == first && isWhole(line)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWhole(byte[] line) {
        try {
            JsonValues.MAPPER.readTree(line);
            return true;
        } catch (JacksonException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
