package dev.gorgon.hub.huggingface;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A repository on a {@link FakeHub}: revisions, commits and their files, and who may read it. */
public final class FakeRepo {
    private static final List<String> LARGE = List.of(".safetensors", ".bin", ".pt");

    private final String id;
    private final Map<String, String> revisions = new ConcurrentHashMap<>();
    private final Map<String, Map<String, byte[]>> commits = new ConcurrentHashMap<>();
    private final Set<String> readers = ConcurrentHashMap.newKeySet();
    private final Set<String> writers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile boolean gated;
    private volatile boolean terse;

    FakeRepo(String id) {
        this.id = id;
    }

    /** Puts these files, and no others, on a branch. @return the commit */
    public String commit(String branch, Map<String, byte[]> files) {
        Map<String, byte[]> sorted = new TreeMap<>(files);
        MessageDigest digest = digest("SHA-1");
        sorted.forEach((name, content) -> {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(content);
        });
        String commit = HexFormat.of().formatHex(digest.digest());
        commits.put(commit, sorted);
        revisions.put(branch, commit);
        return commit;
    }

    /** Nobody but the owners of these tokens sees it. */
    public FakeRepo closedExceptFor(String... tokens) {
        closed = true;
        readers.addAll(List.of(tokens));
        return this;
    }

    /** Everybody sees it, but only the owners of these tokens may have the files. */
    public FakeRepo gatedExceptFor(String... tokens) {
        gated = true;
        readers.addAll(List.of(tokens));
        return this;
    }

    /** The owners of these tokens may push. */
    public FakeRepo writableFor(String... tokens) {
        writers.addAll(List.of(tokens));
        return this;
    }

    boolean mayWrite(String token) {
        return writers.contains(token);
    }

    /** The listing names files and tells nothing else, as some mirrors do. */
    public FakeRepo terse() {
        terse = true;
        return this;
    }

    String id() {
        return id;
    }

    boolean isClosed() {
        return closed;
    }

    boolean isGated() {
        return gated;
    }

    boolean isTerse() {
        return terse;
    }

    boolean mayRead(String token) {
        return readers.contains(token) || writers.contains(token);
    }

    /** The commit that a revision stands for; empty if there is none. */
    public String resolve(String revision) {
        return commits.containsKey(revision) ? revision : revisions.getOrDefault(revision, "");
    }

    public Map<String, byte[]> files(String commit) {
        return commits.getOrDefault(commit, Map.of());
    }

    /** Whether the hub keeps this file in its store for large files. */
    static boolean isLarge(String name) {
        return LARGE.stream().anyMatch(name::endsWith);
    }

    /** What names this content in the hub and in caches. */
    public static String tag(String name, byte[] content) {
        if (isLarge(name)) {
            return HexFormat.of().formatHex(digest("SHA-256").digest(content));
        }
        return gitTag(content);
    }

    static String gitTag(byte[] content) {
        MessageDigest git = digest("SHA-1");
        git.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().formatHex(git.digest(content));
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
