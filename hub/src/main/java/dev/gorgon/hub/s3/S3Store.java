package dev.gorgon.hub.s3;

import dev.gorgon.hub.HubException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The three requests to S3 that this package makes. Thread-safe. Every failure comes out as {@link HubException}. */
final class S3Store {
    /** More is a mistake in the name: no model has so many files. */
    static final int MAX_KEYS = 10_000;

    private static final Pattern PLAIN_MD5 = Pattern.compile("\"?([0-9a-fA-F]{32})\"?");
    /** Directory buckets (S3 Express) give tags that only look like MD5. */
    private static final String DIRECTORY_BUCKET = "--x-s3";

    private final S3Client client;
    private final S3Credentials credentials;
    private final int pageKeys;

    /** With the credentials that Amazon's SDKs find by themselves: environment, profile, container, machine. */
    static S3Store open(S3Settings settings) {
        return new S3Store(settings, DefaultCredentialsProvider.builder().build(), 1000);
    }

    /** @param pageKeys keys to ask for at once */
    S3Store(S3Settings settings, AwsCredentialsProvider chain, int pageKeys) {
        this.credentials = new S3Credentials(chain);
        this.pageKeys = pageKeys;
        S3Settings.Patience patience = settings.patience();
        S3ClientBuilder builder = S3Client.builder()
                .credentialsProvider(credentials)
                .region(region(settings))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(patience.connect())
                        .socketTimeout(patience.silence()))
                // Whole files are verified here, those that arrived in pieces as well.
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(override -> override.apiCallTimeout(patience.call())
                        .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(patience.attempts())
                                .build()));
        settings.endpoint()
                .ifPresentOrElse(
                        endpoint -> builder.endpointOverride(endpoint).forcePathStyle(true),
                        () -> builder.crossRegionAccessEnabled(true));
        this.client = builder.build();
    }

    private static Region region(S3Settings settings) {
        // Only Amazon's own machines know a region of theirs; a server elsewhere need not wait for their answer.
        AwsRegionProvider provider = settings.endpoint().isEmpty()
                ? DefaultAwsRegionProviderChain.builder().build()
                : new AwsRegionProviderChain(new SystemSettingsRegionProvider(), new AwsProfileRegionProvider());
        try {
            return provider.getRegion();
        } catch (SdkClientException e) {
            return Region.of(settings.region());
        }
    }

    /**
     * All objects directly in a folder.
     *
     * @throws HubException if there are none, or more than {@link #MAX_KEYS}
     */
    List<StoredObject> list(S3Address place) {
        List<StoredObject> found = new ArrayList<>();
        boolean any = false;
        String token = null;
        do {
            ListObjectsV2Response page = page(place, place.prefix(), token);
            any |= page.hasContents() || page.hasCommonPrefixes();
            for (S3Object object : page.contents()) {
                String key = object.key();
                if (!key.equals(place.prefix())) {
                    String name =
                            key.substring(Math.min(key.length(), place.prefix().length()));
                    found.add(new StoredObject(key, name, object.size(), object.eTag()));
                }
            }
            if (found.size() > MAX_KEYS || token != null && token.equals(page.nextContinuationToken())) {
                throw new HubException(
                        HubException.Code.INVALID_NAME,
                        "%s holds more than %d files; name the folder of one model or adapter"
                                .formatted(place, MAX_KEYS));
            }
            token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
        } while (token != null);
        if (!any) {
            throw missing(place);
        }
        return found;
    }

    private HubException missing(S3Address place) {
        // LoRAX took the name for the beginning of one; only then can it have meant several.
        int folders = page(place, place.key(), null).commonPrefixes().size();
        return folders > 1
                ? new HubException(
                        HubException.Code.INVALID_NAME,
                        "Multiple models found for model_id %s; name the whole folder of one".formatted(place))
                : new HubException(
                        HubException.Code.NOT_FOUND, "There is nothing at %s; check the name".formatted(place));
    }

    private ListObjectsV2Response page(S3Address place, String prefix, @Nullable String token) {
        try {
            return client.listObjectsV2(ListObjectsV2Request.builder()
                    .bucket(place.bucket())
                    .prefix(prefix)
                    .delimiter("/")
                    .maxKeys(pageKeys)
                    .continuationToken(token)
                    .build());
        } catch (SdkException e) {
            throw S3Errors.translate(e, place, !credentials.areMissing());
        }
    }

    /** What the object must hash to; empty if the server gives nothing that tells (tags of encrypted or multipart objects). */
    Optional<Fingerprint> fingerprint(S3Address place, StoredObject object) {
        HeadObjectResponse head;
        try {
            head = client.headObject(HeadObjectRequest.builder()
                    .bucket(place.bucket())
                    .key(object.key())
                    .ifMatch(object.etag())
                    .checksumMode(ChecksumMode.ENABLED)
                    .build());
        } catch (SdkException e) {
            throw S3Errors.translate(e, place, !credentials.areMissing());
        }
        Long bytes = head.contentLength();
        if (bytes != null && bytes != object.bytes()) {
            throw S3Errors.changed(place);
        }
        Optional<Fingerprint> md5 = plainMd5(place, object, head);
        if (head.checksumType() == ChecksumType.COMPOSITE) {
            return md5;
        }
        return checksum(Fingerprint.Kind.SHA256, head.checksumSHA256())
                .or(() -> md5)
                .or(() -> checksum(Fingerprint.Kind.CRC64NVME, head.checksumCRC64NVME()))
                .or(() -> checksum(Fingerprint.Kind.CRC32C, head.checksumCRC32C()))
                .or(() -> checksum(Fingerprint.Kind.CRC32, head.checksumCRC32()));
    }

    private static Optional<Fingerprint> plainMd5(S3Address place, StoredObject object, HeadObjectResponse head) {
        String encryption = head.serverSideEncryptionAsString();
        boolean otherTag = place.bucket().endsWith(DIRECTORY_BUCKET)
                || head.sseCustomerAlgorithm() != null
                || encryption != null && encryption.startsWith("aws:");
        var matcher = PLAIN_MD5.matcher(object.etag());
        return otherTag || !matcher.matches()
                ? Optional.empty()
                : Optional.of(
                        new Fingerprint(Fingerprint.Kind.MD5, HexFormat.of().parseHex(matcher.group(1))));
    }

    private static Optional<Fingerprint> checksum(Fingerprint.Kind kind, @Nullable String base64) {
        if (base64 == null || base64.contains("-")) { // "…-3" is the checksum of the checksums of three parts
            return Optional.empty();
        }
        try {
            byte[] value = Base64.getDecoder().decode(base64);
            return value.length == kind.bytes() ? Optional.of(new Fingerprint(kind, value)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * The content of an object from a position on.
     *
     * @param start where the stream really begins: as asked, or 0 if the server knows no ranges
     * @param stream to be closed; closing early gives the connection up
     */
    record Body(long start, InputStream stream) {}

    /** @throws HubException also if the object is no longer the one of the listing */
    Body open(S3Address place, StoredObject object, long from) {
        GetObjectRequest.Builder request = GetObjectRequest.builder()
                .bucket(place.bucket())
                .key(object.key())
                .ifMatch(object.etag());
        if (from > 0) {
            request.range("bytes=" + from + "-");
        }
        ResponseInputStream<GetObjectResponse> stream;
        try {
            stream = client.getObject(request.build());
        } catch (SdkException e) {
            throw S3Errors.translate(e, place, !credentials.areMissing());
        }
        long start = stream.response().contentRange() == null ? 0 : from;
        Long length = stream.response().contentLength();
        if (length != null && length != object.bytes() - start) {
            stream.abort();
            throw new HubException(
                    HubException.Code.DAMAGED,
                    "%s/%s has %d bytes, but %d were announced; ask again"
                            .formatted(place, object.name(), start + length, object.bytes()));
        }
        return new Body(start, new Failing(stream));
    }

    /** Speaks of failures as streams do. */
    private static final class Failing extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> stream;
        private boolean ended;

        Failing(ResponseInputStream<GetObjectResponse> stream) {
            super(stream);
            this.stream = stream;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                int count = stream.read(buffer, offset, length);
                ended = count < 0;
                return count;
            } catch (AbortedException e) { // the SDK has taken the interrupt away
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            } catch (SdkException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        @Override
        public void close() throws IOException {
            if (ended) {
                stream.close();
            } else {
                stream.abort();
            }
        }
    }
}
