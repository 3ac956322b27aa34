package dev.gorgon.train.distill;

import dev.gorgon.train.data.Conversation;
import dev.gorgon.train.data.Conversations;
import dev.gorgon.train.data.DataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The form that the Medusa repository's training script reads (Medusa specification, section 3.2). */
final class MessageArray {

    private MessageArray() {}

    /**
     * Writes what is finished, in the order of the input, one conversation per line.
     *
     * @param total conversations of the input that are looked at
     * @return how many are written
     * @throws DataException if it cannot be written
     */
    static long write(Path path, Supplier<Conversations> again, long total, OutputFile finished) {
        long[] written = new long[1];
        StreamedFile.write(path, out -> {
            try (Conversations input = again.get()) {
                out.write('[');
                for (long count = 0; count < total; count++) {
                    Optional<Conversation> next = input.next();
                    if (next.isEmpty()) {
                        break;
                    }
                    Optional<JsonNode> messages = finished.messages(next.get().id());
                    if (messages.isPresent()) {
                        out.write((written[0]++ == 0 ? "\n" : ",\n").getBytes(StandardCharsets.UTF_8));
                        out.write(JsonMapper.shared().writeValueAsBytes(messages.get()));
                    }
                }
                out.write("\n]\n".getBytes(StandardCharsets.UTF_8));
            }
        });
        return written[0];
    }
}
