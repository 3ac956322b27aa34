package dev.gorgon.train.distill;

import dev.gorgon.train.data.DataException;
import dev.gorgon.train.data.WholeFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;

/** A {@link WholeFile} that is written as a stream. */
final class StreamedFile {
    private static final int BUFFER_BYTES = 1 << 16;

    private StreamedFile() {}

    /** Writes the contents. */
    interface Body {
        void write(OutputStream out) throws IOException;
    }

    /** @throws DataException if it cannot be written; what was there before then is still there */
    static void write(Path path, Body body) {
        try {
            WholeFile.write(path, channel -> {
                // not closed: the channel is still to be forced to the disk
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
                body.write(out);
                out.flush();
            });
        } catch (IOException e) {
            throw DataException.of("write", path, e);
        }
    }
}
