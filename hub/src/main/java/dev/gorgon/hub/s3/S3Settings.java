package dev.gorgon.hub.s3;

import dev.gorgon.hub.HubException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where buckets are and how names are read (LoRAX contract, sections 2.5 and 5.4). Credentials and region are not here: the AWS SDK
 * finds them in its own places.
 *
 * @param endpoint a server other than Amazon's; its buckets are addressed by path
 * @param region the region to sign for when the environment names none
 * @param modelBucket the bucket of all names that do not start with {@code s3://}
 * @param modelFolder the folder in {@code modelBucket} that such names are below; empty for its root
 * @param buckets the only buckets a request may name; empty for every bucket the server's credentials can read
 * @param patience time-outs and attempts
 */
public record S3Settings(
        Optional<URI> endpoint,
        String region,
        Optional<String> modelBucket,
        String modelFolder,
        Set<String> buckets,
        Patience patience) {

    /**
     * How long to wait and how often to try.
     *
     * @param attempts attempts in a row that bring a download no further, before it fails
     * @param firstPause pause after the first failed attempt; doubles up to 30 times as long
     * @param connect for a connection to come about
     * @param silence for the next byte to arrive
     * @param call for a request to be answered, with all the SDK's repetitions
     */
    public record Patience(int attempts, Duration firstPause, Duration connect, Duration silence, Duration call) {
        /** For a server on the other side of the world. */
        public static final Patience DEFAULT = new Patience(
                5, Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(90));

        /** At least one attempt. */
        public Patience {
            if (attempts < 1) {
                throw new IllegalArgumentException("at least one attempt, not " + attempts);
            }
        }

        /** The pause after this many failed attempts in a row. */
        Duration pause(int failures) {
            return firstPause.multipliedBy(Math.min(30, 1L << Math.min(10, failures - 1)));
        }
    }

    /** Amazon's S3, every readable bucket. */
    public static S3Settings amazon() {
        return new S3Settings(Optional.empty(), "us-east-1", Optional.empty(), "", Set.of(), Patience.DEFAULT);
    }

    /**
     * From environment variables: {@code R2_ACCOUNT_ID}, else {@code S3_ENDPOINT_URL}, {@code AWS_ENDPOINT_URL_S3} or
     * {@code AWS_ENDPOINT_URL}; {@code PREDIBASE_MODEL_BUCKET}, {@code PREDIBASE_MODEL_FOLDER}; {@code GORGON_S3_BUCKETS}, names
     * with commas between.
     *
     * @throws HubException if an endpoint is not an http or https address
     */
    public static S3Settings of(Map<String, String> environment) {
        Optional<String> cloudflare = value(environment, "R2_ACCOUNT_ID");
        Optional<URI> endpoint = cloudflare
                .map(account -> "https://" + account + ".r2.cloudflarestorage.com")
                .or(() -> value(environment, "S3_ENDPOINT_URL"))
                .or(() -> value(environment, "AWS_ENDPOINT_URL_S3"))
                .or(() -> value(environment, "AWS_ENDPOINT_URL"))
                .map(S3Settings::address);
        Set<String> buckets = Arrays.stream(
                        value(environment, "GORGON_S3_BUCKETS").orElse("").split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
        return new S3Settings(
                endpoint,
                cloudflare.isPresent() ? "auto" : "us-east-1",
                value(environment, "PREDIBASE_MODEL_BUCKET"),
                value(environment, "PREDIBASE_MODEL_FOLDER").orElse(""),
                buckets,
                Patience.DEFAULT);
    }

    /** Whether a caller may name this bucket. */
    boolean allows(String bucket) {
        return buckets.isEmpty()
                || buckets.contains(bucket)
                || modelBucket.filter(bucket::equals).isPresent();
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static URI address(String text) {
        URI address;
        try {
            address = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw malformed(text);
        }
        String scheme = address.getScheme();
        if (address.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
            throw malformed(text);
        }
        return address;
    }

    private static HubException malformed(String text) {
        return new HubException(
                HubException.Code.NOT_CONFIGURED,
                "The S3 endpoint '%s' is not an address like https://host:9000; correct S3_ENDPOINT_URL (or R2_ACCOUNT_ID)"
                        .formatted(text));
    }
}
