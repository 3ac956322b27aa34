package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import java.util.regex.Pattern;

/**
 * A repository of the hub, {@code owner/name} or {@code name}, and a revision of it: a branch, a tag, {@code refs/pr/1} or a commit.
 * Both are checked, because they become parts of addresses and of paths.
 */
record RepoName(String id, String revision) {
    static final String DEFAULT_REVISION = "main";

    private static final int SHOWN_CHARACTERS = 200;
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?");
    private static final Pattern REVISION_PART =
            Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9._+-]{0,253}[A-Za-z0-9_+])?");
    private static final int LONGEST_REVISION = 255;
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

    /** @throws HubException if the id or the revision cannot be one of the hub's */
    static RepoName of(FileRef ref) {
        String id = ref.id();
        String[] parts = id.split("/", -1);
        // Two dashes stand for the slash in names of cache folders; with them, two ids could share a folder.
        boolean valid = parts.length <= 2 && !id.contains("..") && !id.contains("--") && !id.endsWith(".git");
        for (String part : parts) {
            valid &= PART.matcher(part).matches();
        }
        if (!valid) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    ("'%s' is not a repository of the hub: write owner/name, each of at most 96 letters, digits, '_', '.' or '-',"
                                    + " not starting or ending with '.' or '-', without '..' and '--'")
                            .formatted(show(id)));
        }
        String revision = ref.revision().orElse(DEFAULT_REVISION);
        if (!isRevision(revision)) {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "'%s' is not a revision: give a branch, a tag or a commit".formatted(show(revision)));
        }
        return new RepoName(id, revision);
    }

    private static boolean isRevision(String revision) {
        boolean valid = revision.length() <= LONGEST_REVISION && !revision.contains("..");
        for (String part : revision.split("/", -1)) {
            valid &= REVISION_PART.matcher(part).matches();
        }
        return valid;
    }

    /** Whether this text names a commit completely. */
    static boolean isCommit(String text) {
        return COMMIT.matcher(text).matches();
    }

    /** The folder of the repository in the cache. */
    String folderName() {
        return "models--" + id.replace("/", "--");
    }

    private static String show(String text) {
        String cut = text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public String toString() {
        return revision.equals(DEFAULT_REVISION) ? id : id + "@" + revision;
    }
}
