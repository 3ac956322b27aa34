package dev.gorgon.train.distill;

import dev.gorgon.train.data.DataException;
import dev.gorgon.train.data.IdMap;
import dev.gorgon.train.data.JsonLines;
import dev.gorgon.train.data.Message;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file of finished conversations: one JSON object per line, only ever appended to. A line is handed to the operating system
 * whole as soon as its conversation is finished, so that the end of this process takes nothing away; every few seconds the file is
 * forced to the disk. What a kill or a full disk left of a last line is removed at the next start. Thread-safe.
 */
final class OutputFile implements AutoCloseable {

    private static final long SYNC_NANOS = 2_000_000_000L;

    private final Path path;
    /** Unlike a channel, it survives that a thread which writes is interrupted. */
    private final RandomAccessFile file;
    /** Where the line of each finished conversation begins. */
    private final IdMap lines = new IdMap();

    private long end;
    private long lastSync = System.nanoTime();
    private boolean unsynced;

    private OutputFile(Path path, RandomAccessFile file) {
        this.path = path;
        this.file = file;
    }

    /**
     * Opens or creates the file, for this process alone.
     *
     * @throws DataException if that cannot be done, or another process writes it
     */
    static OutputFile open(Path path) {
        try {
            RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
            try {
                if (file.getChannel().tryLock() == null) {
                    throw inUse(path);
                }
                return new OutputFile(path, file);
            } catch (OverlappingFileLockException e) {
                file.close();
                throw inUse(path);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (IOException e) {
            throw DataException.of("write", path, e);
        }
    }

    private static DataException inUse(Path path) {
        return new DataException(path + " is being written by another process; let it end, or choose another file");
    }

    boolean isEmpty() {
        try {
            return file.length() == 0;
        } catch (IOException e) {
            throw DataException.of("read", path, e);
        }
    }

    /**
     * Finds the conversations that are there, and cuts off the rest of a last line that was not written completely.
     *
     * @throws DataException if the file holds something else
     */
    synchronized void readBack() {
        try {
            // by the same descriptor: closing another one of the same file would give up the lock
            file.seek(0);
            JsonLines all = new JsonLines(Channels.newInputStream(file.getChannel()));
            for (Optional<JsonLines.Line> next = all.next(); next.isPresent(); next = all.next()) {
                JsonLines.Line line = next.get();
                Optional<String> id = line.whole() ? idOf(line.bytes()) : Optional.empty();
                if (id.isEmpty()) {
                    if (all.next().isPresent()) {
                        throw new DataException(path + ", line " + line.number()
                                + ": not a line that create-data wrote; name another file for the output");
                    }
                    break;
                }
                lines.put(id.get(), line.start());
                end = line.start() + line.bytes().length + 1;
            }
            file.setLength(end);
        } catch (IOException e) {
            throw DataException.of("read", path, e);
        }
    }

    private static Optional<String> idOf(byte[] line) {
        try {
            JsonNode node = JsonMapper.shared().readTree(line);
            return node.path("id").isString() && node.path("messages").isArray()
                    ? Optional.of(node.path("id").asString(""))
                    : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    synchronized boolean contains(String id) {
        return lines.contains(id);
    }

    synchronized int size() {
        return lines.size();
    }

    /**
     * Adds a conversation.
     *
     * @throws DataException if it cannot be written, for example because the disk is full; the file then ends as before
     */
    synchronized void append(Finished finished) {
        byte[] line = line(finished);
        try {
            file.seek(end);
            file.write(line);
            lines.put(finished.id(), end);
            end += line.length;
            unsynced = true;
            if (System.nanoTime() - lastSync > SYNC_NANOS) {
                sync();
            }
        } catch (IOException e) {
            try {
                file.setLength(end);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            DataException failure = DataException.of("write", path, e);
            throw new DataException(
                    failure.getMessage() + "; the " + lines.size() + " conversations that are finished are in it", e);
        }
    }

    private static byte[] line(Finished finished) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("id", finished.id());
        ArrayNode messages = node.putArray("messages");
        for (Message message : finished.messages()) {
            messages.addObject().put("role", message.role()).put("content", message.content());
        }
        node.put("finish", finished.end() == Finished.End.LENGTH ? "length" : "stop");
        return (JsonMapper.shared().writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private void sync() throws IOException {
        if (unsynced) {
            file.getFD().sync();
            unsynced = false;
            lastSync = System.nanoTime();
        }
    }

    /** The messages of a finished conversation; empty if it is not finished. */
    synchronized Optional<JsonNode> messages(String id) {
        long start = lines.get(id);
        if (start == IdMap.ABSENT) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonMapper.shared().readTree(lineAt(start)).path("messages"));
        } catch (IOException e) {
            throw DataException.of("read", path, e);
        }
    }

    private byte[] lineAt(long start) throws IOException {
        for (int size = 1 << 12; ; size *= 4) {
            byte[] read = new byte[(int) Math.min(size, end - start)];
            file.seek(start);
            file.readFully(read);
            for (int i = 0; i < read.length; i++) {
                if (read[i] == '\n') {
                    return Arrays.copyOf(read, i);
                }
            }
            if (size > end - start) {
                throw new IOException("it was changed by another process");
            }
        }
    }

    /** Forces everything to the disk and closes the file. */
    @Override
    public synchronized void close() {
        try (file) {
            sync();
        } catch (IOException e) {
            throw DataException.of("write", path, e);
        }
    }
}
