package dev.gorgon.train.data;

import dev.gorgon.train.data.ReadSettings.OnBad;
import dev.gorgon.train.data.RowReader.BadRowException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The conversations of a file, one after the other, recognised by content: ShareGPT objects or OpenAI's messages as JSON array or
 * JSONL, lists of messages as the Medusa repository uses them, prompts as JSON texts, objects or plain text. Compressed with gzip
 * or not. At most one conversation is held in memory, and 16 bytes for each id.
 *
 * <p>An id is the row's own, else made of its position and content. A second row with the same id gets a number behind it.
 */
public final class Conversations implements AutoCloseable {

    private final Path file;
    private final ReadSettings settings;
    private final InputFile input;
    private final IdMap ids = new IdMap();
    private long position;
    private long skipped;

    private Conversations(Path file, ReadSettings settings, InputFile input) {
        this.file = file;
        this.settings = settings;
        this.input = input;
    }

    /** @throws DataException if the file cannot be read or is empty */
    public static Conversations open(Path file, ReadSettings settings) {
        try {
            return new Conversations(file, settings, InputFile.open(file, settings.form()));
        } catch (IOException e) {
            throw DataException.of("read", file, e);
        }
    }

    /**
     * The next conversation: at most one system message, then user and assistant in turn. The last message may be either's.
     *
     * @return empty at the end
     * @throws DataException if the file cannot be read on, or a row is bad and that is to be refused
     */
    public Optional<Conversation> next() {
        while (true) {
            Optional<Rows.Row> row = input.rows().next();
            if (row.isEmpty()) {
                return Optional.empty();
            }
            position++;
            String problem;
            switch (row.get()) {
                case Rows.Row.Broken broken -> problem = broken.problem();
                case Rows.Row.Value value -> {
                    try {
                        return Optional.of(conversation(value));
                    } catch (BadRowException e) {
                        problem = String.valueOf(e.getMessage());
                    }
                }
            }
            bad(new BadRow(file, row.get().line(), position, problem));
        }
    }

    private void bad(BadRow row) {
        if (settings.onBad() == OnBad.FAIL) {
            throw new DataException(row + "; correct it, or leave such rows out with --on_bad skip");
        }
        skipped++;
        settings.badRows().accept(row);
    }

    private Conversation conversation(Rows.Row.Value row) {
        List<Message> messages = Turns.ordered(RowReader.messages(row.value()));
        String id = RowReader.id(row.value())
                .orElseGet(
                        () -> "row-" + position + "-" + IdMap.digits(row.value().toString()));
        return new Conversation(unique(id), messages, RowReader.cut(row.value()));
    }

    private String unique(String id) {
        long uses = ids.get(id);
        if (uses == IdMap.ABSENT) {
            ids.put(id, 1);
            return id;
        }
        String candidate;
        do {
            uses++;
            candidate = id + "#" + uses;
        } while (ids.contains(candidate));
        ids.put(id, uses);
        ids.put(candidate, 1);
        return candidate;
    }

    /** Rows that were left out so far. */
    public long skipped() {
        return skipped;
    }

    @Override
    public void close() {
        try {
            input.close();
        } catch (IOException e) {
            throw DataException.of("close", file, e);
        }
    }
}
