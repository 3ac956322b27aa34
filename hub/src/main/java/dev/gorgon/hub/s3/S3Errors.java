package dev.gorgon.hub.s3;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Turns what the SDK throws into what a client may read. The SDK's own words go to the log only: they can name accounts, roles and
 * hosts of the operator.
 */
final class S3Errors {
    private static final Logger log = LoggerFactory.getLogger(S3Errors.class);

    private static final Set<String> BAD_KEYS = Set.of(
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "InvalidToken",
            "TokenRefreshRequired",
            "RequestTimeTooSkewed");
    private static final Set<String> WRONG_REGION = Set.of(
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "InvalidRegion");
    private static final Set<String> WAIT =
            Set.of("SlowDown", "TooManyRequests", "Throttling", "ThrottlingException", "RequestLimitExceeded");

    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;
    private static final int UNAUTHORIZED = 401;
    private static final int PRECONDITION_FAILED = 412;
    private static final int TOO_MANY_REQUESTS = 429;

    private S3Errors() {}

    /**
     * @param place what was asked for
     * @param signed whether the request carried credentials
     */
    static HubException translate(SdkException failure, S3Address place, boolean signed) {
        log.debug("S3 request for {} failed", place, failure);
        if (failure instanceof AwsServiceException service) {
            return answered(service, place, signed);
        }
        if (failure instanceof AbortedException) {
            Thread.currentThread().interrupt();
            return new HubException(
                    Code.UNREACHABLE, "Fetching %s was interrupted; ask again".formatted(place), failure);
        }
        log.warn("S3 cannot be asked for {}: {}", place, failure.getMessage());
        return new HubException(
                Code.UNREACHABLE,
                "The S3 server cannot be reached for %s; check the network and S3_ENDPOINT_URL of the server, then try again"
                        .formatted(place),
                failure);
    }

    private static HubException answered(AwsServiceException failure, S3Address place, boolean signed) {
        AwsErrorDetails details = failure.awsErrorDetails();
        String error = details == null || details.errorCode() == null ? "" : details.errorCode();
        int status = failure.statusCode();
        log.warn("S3 answered {} {} for {}: {}", status, error, place, failure.getMessage());
        if (error.equals("NoSuchBucket")) {
            return new HubException(
                    Code.NOT_FOUND,
                    "There is no bucket '%s'; check its name, and S3_ENDPOINT_URL of the server"
                            .formatted(place.bucket()),
                    failure);
        }
        if (BAD_KEYS.contains(error)) {
            return new HubException(
                    Code.ACCESS_DENIED,
                    "S3 does not accept the server's AWS credentials (%s); the operator must correct or renew them"
                            .formatted(error),
                    failure);
        }
        if (WRONG_REGION.contains(error)) {
            return new HubException(
                    Code.NOT_CONFIGURED,
                    "Bucket '%s' is in another region than the server asks in (%s); set AWS_REGION to the bucket's region"
                            .formatted(place.bucket(), error),
                    failure);
        }
        if (status == TOO_MANY_REQUESTS || WAIT.contains(error)) {
            return new HubException(Code.RATE_LIMITED, "S3 asks to slow down; try %s later".formatted(place), failure);
        }
        return byStatus(failure, place, signed);
    }

    private static HubException byStatus(AwsServiceException failure, S3Address place, boolean signed) {
        return switch (failure.statusCode()) {
            case FORBIDDEN, UNAUTHORIZED ->
                new HubException(
                        Code.ACCESS_DENIED,
                        signed
                                ? "The server's AWS credentials may not read %s; the operator must allow s3:ListBucket and s3:GetObject"
                                        .formatted(place)
                                : "%s is not public and the server has no AWS credentials; the operator must set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role"
                                        .formatted(place),
                        failure);
            case NOT_FOUND -> new HubException(Code.NOT_FOUND, "%s is not there (any more)".formatted(place), failure);
            case PRECONDITION_FAILED -> changed(place);
            default ->
                new HubException(
                        Code.UNREACHABLE,
                        "S3 answered with status %d for %s; try again later".formatted(failure.statusCode(), place),
                        failure);
        };
    }

    /** The bucket has other content now than it had at the beginning. */
    static HubException changed(S3Address place) {
        return new HubException(Code.DAMAGED, "%s was changed while it was being fetched; ask again".formatted(place));
    }
}
