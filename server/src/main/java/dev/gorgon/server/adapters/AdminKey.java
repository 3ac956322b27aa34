package dev.gorgon.server.adapters;

import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.BearerToken;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/** Tells the operator from everybody else, by a bearer token. Never shown anywhere. */
public final class AdminKey {
    private final Optional<byte[]> key;

    /** @param key empty if the server has none: then nobody is the operator */
    public AdminKey(Optional<String> key) {
        this.key = key.map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether the request carries the key. Takes the same time for every wrong key of a length. */
    public boolean isCarriedBy(HttpServerRequest request) {
        byte[] given = BearerToken.of(request).getBytes(StandardCharsets.UTF_8);
        return key.isPresent() && MessageDigest.isEqual(key.get(), given);
    }

    /**
     * Lets only the operator pass.
     *
     * @throws ApiException 403 if there is no operator, 401 for anybody else
     */
    public void require(HttpServerRequest request) {
        if (key.isEmpty()) {
            throw ApiException.forbidden("this route is for the operator; start the server with --admin-key to use it");
        }
        if (!isCarriedBy(request)) {
            throw ApiException.unauthorized(
                    "this route is for the operator; send the server's --admin-key as 'Authorization: Bearer …'");
        }
    }

    @Override
    public String toString() {
        return key.isPresent() ? "an admin key" : "no admin key";
    }
}
