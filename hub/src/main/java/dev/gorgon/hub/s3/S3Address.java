package dev.gorgon.hub.s3;

import dev.gorgon.hub.HubException;
import java.util.regex.Pattern;

/**
 * A folder in a bucket.
 *
 * @param bucket its name
 * @param key the folder, without a slash at its end; never empty, no segment is {@code .} or has {@code ..} in it
 */
record S3Address(String bucket, String key) {
    private static final String SCHEME = "s3://";
    /** Amazon's rule, and the older one with capitals and underscores that some servers still keep. */
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,253}");

    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._=+@,:~-]{1,255}");
    /** S3 allows no longer keys; a file's name comes on top. */
    private static final int MAX_KEY = 768;

    private static final int SHOWN_CHARACTERS = 200;

    /**
     * Reads {@code s3://bucket/key}; with a model bucket the key in it; else {@code bucket/key} (LoRAX contract, section 2.5).
     *
     * @throws HubException with {@link HubException.Code#INVALID_NAME} if it is none, or one that cannot become a folder's name
     */
    static S3Address parse(String id, S3Settings settings) {
        if (id.startsWith(SCHEME)) {
            return split(
                    id, id.substring(SCHEME.length()), "model_id should be of the form `s3://bucket_name/model_id`");
        }
        if (settings.modelBucket().isEmpty()) {
            return split(
                    id,
                    id,
                    "model_id should be of the form `bucket_name/model_id` if PREDIBASE_MODEL_BUCKET environment variable is not set");
        }
        String bucket = settings.modelBucket().get();
        checkBucket(id, bucket);
        String folder = settings.modelFolder().isEmpty() ? "" : withoutSlashAtEnd(settings.modelFolder()) + "/";
        return new S3Address(bucket, checkedKey(id, folder + id));
    }

    private static S3Address split(String id, String path, String form) {
        int slash = path.indexOf('/');
        if (slash < 1 || withoutSlashAtEnd(path.substring(slash)).isEmpty()) {
            throw invalid(id, form);
        }
        String bucket = path.substring(0, slash);
        checkBucket(id, bucket);
        return new S3Address(bucket, checkedKey(id, path.substring(slash + 1)));
    }

    private static void checkBucket(String id, String bucket) {
        if (!BUCKET.matcher(bucket).matches() || bucket.contains("..")) {
            throw invalid(id, "'%s' is not the name of a bucket".formatted(show(bucket)));
        }
    }

    private static String checkedKey(String id, String path) {
        String key = withoutSlashAtEnd(path);
        if (key.isEmpty()) {
            throw invalid(id, "it names no folder in the bucket");
        }
        if (key.length() > MAX_KEY) {
            throw invalid(id, "it is longer than %d characters".formatted(MAX_KEY));
        }
        for (String segment : key.split("/", -1)) {
            if (!isPlain(segment)) {
                throw invalid(
                        id,
                        "folder names may hold letters, digits and . _ = + @ , : ~ - but no '..', spaces or other characters");
            }
        }
        return key;
    }

    /** Whether a part of a key can be a name in the file system, and no other than it seems. */
    static boolean isPlain(String segment) {
        return SEGMENT.matcher(segment).matches() && !segment.contains("..") && !segment.equals(".");
    }

    private static String withoutSlashAtEnd(String path) {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    /** As it may appear in a message: no control characters, no endless text. */
    static String show(String text) {
        String cut = text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
        return cut.replaceAll("\\p{C}", "?");
    }

    private static HubException invalid(String id, String why) {
        return new HubException(HubException.Code.INVALID_NAME, "Invalid model_id %s. %s".formatted(show(id), why));
    }

    /** What all keys in the folder begin with. */
    String prefix() {
        return key + "/";
    }

    @Override
    public String toString() {
        return SCHEME + bucket + "/" + key;
    }
}
