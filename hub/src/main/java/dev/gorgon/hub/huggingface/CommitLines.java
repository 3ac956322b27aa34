package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.huggingface.HubUploadApi.Mode;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A commit as the hub wants to have it: JSON lines, a header first, then a line per file, small ones with their content. Written to
 * a temporary file, so that contents are never in memory as a whole and can be sent again.
 */
final class CommitLines implements AutoCloseable {
    private final Path lines;

    private CommitLines(Path lines) {
        this.lines = lines;
    }

    /** @param parent the commit that the branch must be at */
    static CommitLines write(String message, String parent, List<LocalFile> files, Map<String, Mode> modes)
            throws IOException {
        CommitLines commit = new CommitLines(Files.createTempFile("gorgon-push-", ".ndjson"));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(commit.lines))) {
            ObjectNode header = JsonMapper.shared().createObjectNode().put("key", "header");
            header.putObject("value")
                    .put("summary", message)
                    .put("description", "")
                    .put("parentCommit", parent);
            line(out, header.toString());
            for (LocalFile file : files) {
                if (modes.get(file.path()) == Mode.LARGE) {
                    ObjectNode pointer = JsonMapper.shared().createObjectNode().put("key", "lfsFile");
                    pointer.putObject("value")
                            .put("path", file.path())
                            .put("algo", "sha256")
                            .put("oid", file.sha256())
                            .put("size", file.size());
                    line(out, pointer.toString());
                } else if (modes.get(file.path()) == Mode.REGULAR) {
                    content(out, file);
                }
            }
            return commit;
        } catch (IOException | RuntimeException e) {
            commit.close();
            throw e;
        }
    }

    private static void content(OutputStream out, LocalFile file) throws IOException {
        ObjectNode value =
                JsonMapper.shared().createObjectNode().put("path", file.path()).put("encoding", "base64");
        String start = value.toString();
        text(out, "{\"key\":\"file\",\"value\":" + start.substring(0, start.length() - 1) + ",\"content\":\"");
        // closing writes what is left of the last three bytes, but must leave the file open
        try (OutputStream base64 = Base64.getEncoder().wrap(new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() {}
        })) {
            Files.copy(file.file(), base64);
        }
        line(out, "\"}}");
    }

    private static void line(OutputStream out, String text) throws IOException {
        text(out, text + "\n");
    }

    private static void text(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** To be sent. */
    FileSlice payload() throws IOException {
        return new FileSlice(
                lines,
                new FileSlice.Range(0, Files.size(lines)),
                Map.of("Content-Type", "application/x-ndjson"),
                _ -> {});
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(lines);
    }
}
