package dev.gorgon.hub.huggingface;

import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The hub's JSON about a revision. */
final class FakeListing {
    private static final int POINTER_BYTES = 134;

    private FakeListing() {}

    /** As for {@code /api/models/ID/revision/REVISION?blobs=true}. */
    static String of(FakeRepo repo, String commit) {
        ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("id", repo.id()).put("modelId", repo.id()).put("sha", commit);
        if (!repo.isTerse()) {
            node.put("private", repo.isClosed());
            if (repo.isGated()) {
                node.put("gated", "manual");
            } else {
                node.put("gated", false);
            }
        }
        ArrayNode siblings = node.putArray("siblings");
        for (Map.Entry<String, byte[]> file : repo.files(commit).entrySet()) {
            ObjectNode sibling = siblings.addObject().put("rfilename", file.getKey());
            if (!repo.isTerse()) {
                describe(sibling, file.getKey(), file.getValue(), "blobId");
            }
        }
        return node.toString();
    }

    /** As for {@code /api/models/ID/tree/REVISION}. */
    static String tree(FakeRepo repo, String commit) {
        ArrayNode tree = JsonMapper.shared().createArrayNode();
        for (Map.Entry<String, byte[]> file : repo.files(commit).entrySet()) {
            ObjectNode entry = tree.addObject().put("type", "file").put("path", file.getKey());
            describe(entry, file.getKey(), file.getValue(), "oid");
        }
        return tree.toString();
    }

    private static void describe(ObjectNode node, String name, byte[] content, String id) {
        node.put("size", content.length).put(id, FakeRepo.gitTag(content));
        if (FakeRepo.isLarge(name)) {
            node.putObject("lfs")
                    .put("size", content.length)
                    .put(id.equals("oid") ? "oid" : "sha256", FakeRepo.tag(name, content))
                    .put("pointerSize", POINTER_BYTES);
        }
    }
}
