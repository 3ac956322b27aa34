package dev.gorgon.hub.s3;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** A bucket on a real S3 server, for the tests of other packages. */
public final class TestBucket implements AutoCloseable {
    private final S3Server server = new S3Server();

    /** Starts the server. */
    public TestBucket() throws Exception {}

    /** Stores an object. */
    public void put(String key, String content) {
        server.put(key, content);
    }

    /** A source that reads names in this bucket. */
    public S3Source source(Path cache) {
        S3Settings plain = server.settings();
        S3Settings inBucket = new S3Settings(
                plain.endpoint(), plain.region(), Optional.of(S3Server.BUCKET), "", Set.of(), plain.patience());
        return new S3Source(inBucket, cache, () -> new S3Store(inBucket, S3Server.KEYS, 1000));
    }

    @Override
    public void close() {
        server.close();
    }
}
