package dev.gorgon.hub.pbase;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How to ask Predibase (LoRAX contract, sections 2.5 and 5.4).
 *
 * @param gateway its address, without a path
 * @param token the operator's token, for callers that send none
 * @param timeout for one answer, all of it
 * @param attempts how often to ask a gateway that does not answer or is in trouble
 * @param pause between attempts
 */
public record PredibaseSettings(URI gateway, Credential token, Duration timeout, int attempts, Duration pause) {
    private static final String DEFAULT_GATEWAY = "https://api.app.predibase.com";

    /**
     * From the environment variables {@code PREDIBASE_GATEWAY_ENDPOINT} and {@code PREDIBASE_API_TOKEN}.
     *
     * @throws HubException if the endpoint is not an http or https address
     */
    public static PredibaseSettings of(Map<String, String> environment) {
        String token = environment.getOrDefault("PREDIBASE_API_TOKEN", "").strip();
        return new PredibaseSettings(
                gateway(environment
                        .getOrDefault("PREDIBASE_GATEWAY_ENDPOINT", "")
                        .strip()),
                token.isEmpty() ? Credential.NONE : new Credential(token),
                Duration.ofSeconds(20),
                3,
                Duration.ofSeconds(1));
    }

    private static URI gateway(String text) {
        String address = text.isEmpty() ? DEFAULT_GATEWAY : text;
        while (address.endsWith("/")) {
            address = address.substring(0, address.length() - 1);
        }
        return parse(address)
                .filter(uri ->
                        uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())))
                .orElseThrow(() -> new HubException(
                        HubException.Code.NOT_CONFIGURED,
                        "PREDIBASE_GATEWAY_ENDPOINT '%s' is not an address like %s".formatted(text, DEFAULT_GATEWAY)));
    }

    private static Optional<URI> parse(String address) {
        try {
            return Optional.of(URI.create(address));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
