package dev.gorgon.client.sse;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Server-sent events out of bytes, however they are cut (HTML standard, section 9.2.6): lines end with LF, CR or CR LF; comments
 * and fields other than {@code data} are skipped; several {@code data} lines of one event are joined with LF; an event ends with
 * an empty line, and one that the stream ends in is dropped. Not thread-safe.
 */
public final class SseParser {
    private static final String MARK = "\uFEFF";

    private final int maxEventBytes;
    private final Consumer<String> events;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    private final StringBuilder data = new StringBuilder();
    private boolean hasData;
    private boolean afterCarriageReturn;
    private boolean first = true;

    /**
     * @param maxEventBytes a line or an event that is longer is refused
     * @param events takes the data of each event
     */
    public SseParser(int maxEventBytes, Consumer<String> events) {
        this.maxEventBytes = maxEventBytes;
        this.events = events;
    }

    /**
     * Takes the next bytes; events that are complete by then are delivered before it returns.
     *
     * @throws IllegalStateException if an event is too large
     */
    public void accept(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            boolean continuesEnd = afterCarriageReturn && next == '\n';
            afterCarriageReturn = next == '\r';
            if (continuesEnd) {
                continue;
            }
            if (next == '\n' || next == '\r') {
                endOfLine();
            } else {
                line.write(next);
                refuseIfTooLarge(line.size());
            }
        }
    }

    private void refuseIfTooLarge(int size) {
        if (size > maxEventBytes) {
            throw new IllegalStateException("an event of the stream is larger than " + maxEventBytes + " bytes");
        }
    }

    private void endOfLine() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (first && text.startsWith(MARK)) {
            text = text.substring(1);
        }
        first = false;
        if (text.isEmpty()) {
            endOfEvent();
            return;
        }
        int colon = text.indexOf(':');
        String field = colon < 0 ? text : text.substring(0, colon);
        if (!field.equals("data")) {
            return; // a comment has an empty name
        }
        String value = colon < 0 ? "" : text.substring(colon + 1);
        if (hasData) {
            data.append('\n');
        }
        data.append(value.startsWith(" ") ? value.substring(1) : value);
        hasData = true;
        refuseIfTooLarge(data.length());
    }

    private void endOfEvent() {
        if (hasData) {
            String event = data.toString();
            data.setLength(0);
            hasData = false;
            events.accept(event);
        }
    }
}
