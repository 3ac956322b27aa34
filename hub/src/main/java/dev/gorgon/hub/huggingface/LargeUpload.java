package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Brings one large file into the hub's store, by git-lfs's basic transfer or by the hub's transfer in parts. The addresses that the
 * hub hands out expire; then it is asked for others.
 */
final class LargeUpload {
    private static final Logger LOG = LoggerFactory.getLogger(LargeUpload.class);
    /** Headers that the client makes itself. */
    private static final Set<String> OWN_HEADERS =
            Set.of("host", "content-length", "connection", "expect", "upgrade", "transfer-encoding");

    private static final int MOST_PARTS = 100_000;

    private final HubUploadApi api;
    private final Patience patience;
    private final Progress progress;
    private final LocalFile file;
    private final AtomicLong shown = new AtomicLong();

    LargeUpload(HubUploadApi api, Patience patience, Progress progress, LocalFile file) {
        this.api = api;
        this.patience = patience;
        this.progress = progress;
        this.file = file;
    }

    /** An address that is none any more. */
    private static final class Expired extends Exception {
        private static final long serialVersionUID = 1L;

        private final HubException refusal;

        Expired(HubException refusal) {
            super(refusal);
            this.refusal = refusal;
        }
    }

    /**
     * Brings it there, unless it is there.
     *
     * @return bytes that were sent
     * @throws HubException if that is impossible
     */
    long run() {
        Patience.Failures failures = patience.new Failures();
        while (true) {
            JsonNode object = api.batch(file);
            JsonNode actions = object.path("actions");
            if (!actions.path("upload").isObject()) {
                return 0;
            }
            try {
                transfer(actions.path("upload"));
                String verify = actions.path("verify").path("href").asString("");
                if (!verify.isEmpty()) {
                    api.verify(verify, file);
                }
                progress.end(file.path());
                return file.size();
            } catch (Expired e) {
                LOG.debug("the address for {} has expired, asking for another", file.path(), e.refusal);
                failures.pauseAfter(new TransientFailure(e.refusal));
            } catch (IOException e) {
                throw new HubException(Code.STORAGE, "Cannot read " + file.file() + ": " + e.getMessage(), e);
            }
        }
    }

    private void transfer(JsonNode upload) throws Expired, IOException {
        progress.begin(file.path(), file.size(), 0);
        shown.set(0);
        String address = upload.path("href").asString("");
        JsonNode headers = upload.path("header");
        if (headers.has("chunk_size")) {
            parts(address, headers);
            return;
        }
        Map<String, String> sent = new TreeMap<>();
        headers.properties().forEach(header -> {
            if (!OWN_HEADERS.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                sent.put(header.getKey(), header.getValue().asString(""));
            }
        });
        String ignored = send(address, new FileSlice.Range(0, file.size()), sent);
    }

    /** Parts have numbers from 1 on, as texts of digits, and addresses of their own. */
    private void parts(String address, JsonNode headers) throws Expired, IOException {
        long size = headers.path("chunk_size").asLong(0);
        Map<Integer, String> addresses = new TreeMap<>();
        headers.properties().forEach(header -> {
            if (header.getKey().matches("[0-9]{1,9}")) {
                addresses.put(
                        Integer.parseInt(header.getKey()), header.getValue().asString(""));
            }
        });
        long count = size < 1 ? -1 : (file.size() + size - 1) / size;
        if (count != addresses.size() || count > MOST_PARTS) {
            throw new HubException(
                    Code.UNREACHABLE,
                    "The hub wants '%s' in parts of %d bytes, but names %d addresses for %d bytes"
                            .formatted(file.path(), size, addresses.size(), file.size()));
        }
        List<String> tags = new ArrayList<>();
        for (String part : addresses.values()) {
            long from = tags.size() * size;
            String tag = send(part, new FileSlice.Range(from, Math.min(size, file.size() - from)), Map.of());
            if (tag.isEmpty()) {
                throw new HubException(
                        Code.UNREACHABLE, "The hub's store gives no tag for a part of '" + file.path() + "'");
            }
            tags.add(tag);
        }
        try {
            api.complete(address, file, tags);
        } catch (HubException e) {
            throw expired(e);
        }
    }

    private String send(String address, FileSlice.Range range, Map<String, String> headers)
            throws Expired, IOException {
        long before = shown.get();
        try (FileSlice bytes = new FileSlice(file.file(), range, headers, this::advance)) {
            return patience.insist(() -> {
                advance(before - shown.get());
                return api.put(address, file, bytes);
            });
        } catch (HubException e) {
            throw expired(e);
        }
    }

    private void advance(long bytes) {
        shown.addAndGet(bytes);
        if (bytes != 0) {
            progress.advance(file.path(), bytes);
        }
    }

    /** Stores say 403 to an address of yesterday, and 404 to an upload in parts that was given up. */
    private static Expired expired(HubException refusal) throws HubException {
        if (refusal.code() == Code.ACCESS_DENIED || refusal.code() == Code.NOT_FOUND) {
            return new Expired(refusal);
        }
        throw refusal;
    }
}
