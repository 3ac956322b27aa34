package dev.gorgon.hub.s3;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/**
 * The credentials of this server, or none: then requests go out unsigned, which is enough for public buckets. That there are none is
 * remembered for a minute, because looking for them in all of Amazon's places takes seconds.
 */
final class S3Credentials implements AwsCredentialsProvider {
    private static final Logger log = LoggerFactory.getLogger(S3Credentials.class);
    private static final long REMEMBERED_NANOS = 60_000_000_000L;

    private final AwsCredentialsProvider chain;
    private volatile long anonymousUntilNanos;
    private volatile boolean anonymous;

    S3Credentials(AwsCredentialsProvider chain) {
        this.chain = chain;
    }

    @Override
    public AwsCredentials resolveCredentials() {
        if (anonymous && System.nanoTime() - anonymousUntilNanos < 0) {
            return nobody();
        }
        try {
            AwsCredentials credentials = chain.resolveCredentials();
            anonymous = false;
            return credentials;
        } catch (SdkClientException e) {
            log.warn("no AWS credentials found, S3 is asked anonymously: {}", e.getMessage());
            anonymousUntilNanos = System.nanoTime() + REMEMBERED_NANOS;
            anonymous = true;
            return nobody();
        }
    }

    /** Whether the latest request was not signed. */
    boolean areMissing() {
        return anonymous;
    }

    private static AwsCredentials nobody() {
        return AnonymousCredentialsProvider.create().resolveCredentials();
    }
}
