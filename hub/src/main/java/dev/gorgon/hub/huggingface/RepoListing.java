package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the hub says about a revision of a repository.
 *
 * @param gated whoever wants the files must have been let in, though everybody may read this
 * @param saysPublic the hub says that everybody may have it
 * @param files by path
 */
record RepoListing(String commit, boolean gated, boolean saysPublic, Map<String, RemoteFile> files) {

    /**
     * A file, as far as the listing tells.
     *
     * @param size in bytes; negative if not told
     * @param tag names the content and the blob in the cache: the SHA-256 of a large file, else git's SHA-1; empty if not told
     */
    record RemoteFile(String path, long size, String tag) {
        /** Tags become file names. */
        private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

        boolean isComplete() {
            return size >= 0 && TAG.matcher(tag).matches();
        }
    }

    /** @throws HubException if this is not the hub's kind of answer */
    static RepoListing parse(byte[] json, String subject) {
        try {
            JsonNode node = JsonMapper.shared().readTree(json);
            String commit = node.path("sha").asString("");
            if (!RepoName.isCommit(commit)) {
                throw new HubException(
                        HubException.Code.UNREACHABLE, "The hub names no commit for %s".formatted(subject));
            }
            JsonNode gate = node.path("gated");
            boolean gated = gate.isBoolean() ? gate.booleanValue() : gate.isString();
            JsonNode closed = node.path("private");
            boolean saysPublic = closed.isBoolean() && !closed.booleanValue() && !gated;
            Map<String, RemoteFile> files = new LinkedHashMap<>();
            for (JsonNode sibling : node.path("siblings")) {
                RemoteFile file = file(sibling);
                files.put(file.path(), file);
            }
            return new RepoListing(commit, gated, saysPublic, files);
        } catch (JacksonException e) {
            throw new HubException(
                    HubException.Code.UNREACHABLE, "The hub's answer for %s is not JSON".formatted(subject), e);
        }
    }

    private static RemoteFile file(JsonNode sibling) {
        String path = sibling.path("rfilename").asString("");
        JsonNode large = sibling.path("lfs");
        return large.isObject()
                ? new RemoteFile(
                        path,
                        large.path("size").asLong(-1),
                        large.path("sha256").asString(""))
                : new RemoteFile(
                        path,
                        sibling.path("size").asLong(-1),
                        sibling.path("blobId").asString(""));
    }
}
