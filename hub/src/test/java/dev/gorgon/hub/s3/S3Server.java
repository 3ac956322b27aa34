package dev.gorgon.hub.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** A real S3 server (S3Proxy) that keeps its buckets in memory, checks signatures, and can be told to lie. */
final class S3Server implements AutoCloseable {
    static final String BUCKET = "models";
    static final AwsCredentialsProvider KEYS = keys("gorgon", "secret of the tests");
    /** Impatient: nothing here is far away. */
    static final S3Settings.Patience PATIENCE = new S3Settings.Patience(
            3, Duration.ofMillis(10), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(20));

    private final Store store = new Store(new TransientNio2BlobStore());
    private final S3Proxy server;

    S3Server() throws Exception {
        store.createContainer(BUCKET);
        server = S3Proxy.builder()
                .blobStore(store)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "gorgon", "secret of the tests")
                .build();
        server.start();
    }

    static AwsCredentialsProvider keys(String id, String secret) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret));
    }

    int port() {
        return server.getPort();
    }

    S3Settings settings() {
        return settings(port());
    }

    static S3Settings settings(int port) {
        return new S3Settings(
                Optional.of(URI.create("http://127.0.0.1:" + port)),
                "us-east-1",
                Optional.empty(),
                "",
                Set.of(),
                PATIENCE);
    }

    void put(String key, String content) {
        put(key, content.getBytes(StandardCharsets.UTF_8));
    }

    void put(String key, byte[] content) {
        store.putBlob(
                PutObjectRequest.builder()
                        .bucket(BUCKET)
                        .key(key)
                        .contentLength((long) content.length)
                        .build(),
                new ByteArrayInputStream(content));
    }

    /** As large files arrive: part by part. */
    void putInParts(String key, byte[] content, int partBytes) {
        try (S3Client client = S3Client.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + port()))
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(KEYS)
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .build()) {
            String id = client.createMultipartUpload(
                            request -> request.bucket(BUCKET).key(key))
                    .uploadId();
            List<CompletedPart> parts = new ArrayList<>();
            for (int at = 0; at < content.length; at += partBytes) {
                int number = parts.size() + 1;
                byte[] part = Arrays.copyOfRange(content, at, Math.min(content.length, at + partBytes));
                String tag = client.uploadPart(
                                request -> request.bucket(BUCKET)
                                        .key(key)
                                        .uploadId(id)
                                        .partNumber(number),
                                RequestBody.fromBytes(part))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            client.completeMultipartUpload(request ->
                    request.bucket(BUCKET).key(key).uploadId(id).multipartUpload(upload -> upload.parts(parts)));
        }
    }

    /** Lets everybody list the bucket and read these objects, unsigned. */
    void makePublic(String... keys) {
        store.setContainerAccess(BUCKET, BucketCannedACL.PUBLIC_READ);
        for (String key : keys) {
            store.setBlobAccess(BUCKET, key, ObjectCannedACL.PUBLIC_READ);
        }
    }

    /** From now on listings come out of this. */
    void falsifyListings(UnaryOperator<ListObjectsV2Response> change) {
        store.listings = change;
    }

    /** From now on contents come out of this. */
    void falsifyContents(UnaryOperator<byte[]> change) {
        store.contents = Optional.of(change);
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the S3 server of the tests does not stop", e);
        }
    }

    private static final class Store extends ForwardingBlobStore {
        private volatile UnaryOperator<ListObjectsV2Response> listings = UnaryOperator.identity();
        private volatile Optional<UnaryOperator<byte[]>> contents = Optional.empty();

        Store(BlobStore memory) {
            super(memory);
        }

        @Override
        public ListObjectsV2Response list(ListObjectsV2Request request) {
            return listings.apply(super.list(request));
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            ResponseInputStream<GetObjectResponse> honest = super.getBlob(request);
            if (contents.isEmpty()) {
                return honest;
            }
            try (InputStream in = honest) {
                byte[] changed = contents.get().apply(in.readAllBytes());
                return new ResponseInputStream<>(
                        honest.response(), AbortableInputStream.create(new ByteArrayInputStream(changed)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
