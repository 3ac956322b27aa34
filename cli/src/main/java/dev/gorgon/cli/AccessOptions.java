package dev.gorgon.cli;

import dev.gorgon.server.Access;
import dev.gorgon.server.CorsPolicy;
import dev.gorgon.server.Tls;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Who may use the server and how: keys, TLS, pages of other sites. */
final class AccessOptions {

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(
            names = "--api-key",
            defaultValue = "${env:API_KEY:-}",
            split = ",",
            paramLabel = "KEY",
            description =
                    "key that callers send as 'Authorization: Bearer KEY' or 'x-api-key: KEY'; repeatable; better given as the"
                            + " environment variable API_KEY, or in a file (default: everybody may call)")
    List<String> keys = List.of();

    @Option(
            names = "--api-key-file",
            defaultValue = "${env:API_KEY_FILE:-}",
            paramLabel = "FILE",
            description = "one key per line, '#' begins a comment; read again when it changes")
    String keyFile = "";

    @Option(
            names = "--admin-key",
            defaultValue = "${env:ADMIN_KEY:-}",
            paramLabel = "KEY",
            description =
                    "what an operator sends as 'Authorization: Bearer KEY' to load and unload adapters and to see private"
                            + " ones; opens every other route, too; better given as the environment variable ADMIN_KEY"
                            + " (default: nobody may)")
    String adminKey = "";

    @Option(
            names = "--open-metrics",
            defaultValue = "${env:OPEN_METRICS:-false}",
            description = "answer /metrics without a key")
    boolean openMetrics;

    @Option(
            names = {"--tls-cert-file", "--ssl-certfile"},
            defaultValue = "${env:TLS_CERT_FILE:-}",
            paramLabel = "FILE",
            description = "certificate chain as PEM, for HTTPS; read again when it changes")
    String certificate = "";

    @Option(
            names = {"--tls-key-file", "--ssl-keyfile"},
            defaultValue = "${env:TLS_KEY_FILE:-}",
            paramLabel = "FILE",
            description = "its private key as PEM")
    String privateKey = "";

    @Option(
            names = "--tls-keystore",
            defaultValue = "${env:TLS_KEYSTORE:-}",
            paramLabel = "FILE",
            description = "certificate and key as PKCS#12, instead of the two PEM files")
    String keystore = "";

    @Option(
            names = "--tls-keystore-password",
            defaultValue = "${env:TLS_KEYSTORE_PASSWORD:-}",
            paramLabel = "PASSWORD",
            description = "its password; better given as the environment variable TLS_KEYSTORE_PASSWORD")
    String keystorePassword = "";

    @Option(
            names = "--cors-allow-origin",
            defaultValue = "${env:CORS_ALLOW_ORIGIN:-*}",
            split = ",",
            paramLabel = "ORIGIN",
            description = "site whose pages may use the server; repeatable (default: ${DEFAULT-VALUE})")
    List<String> origins = List.of("*");

    @Option(
            names = "--cors-allow-method",
            defaultValue = "${env:CORS_ALLOW_METHOD:-GET,POST}",
            split = ",",
            paramLabel = "METHOD",
            description = "method that pages may use; repeatable (default: ${DEFAULT-VALUE})")
    List<String> methods = List.of("GET", "POST");

    @Option(
            names = "--cors-allow-header",
            defaultValue = "${env:CORS_ALLOW_HEADER:-content-type}",
            split = ",",
            paramLabel = "NAME",
            description = "header that pages may send; repeatable (default: ${DEFAULT-VALUE})")
    List<String> headers = List.of("content-type");

    @Option(
            names = "--cors-expose-header",
            defaultValue = "${env:CORS_EXPOSE_HEADER:-}",
            split = ",",
            paramLabel = "NAME",
            description = "header that pages may read; repeatable")
    List<String> exposedHeaders = List.of();

    @Option(
            names = "--cors-allow-credentials",
            defaultValue = "${env:CORS_ALLOW_CREDENTIALS:-false}",
            arity = "1",
            paramLabel = "true|false",
            description = "let browsers send credentials along; needs origins by name (default: ${DEFAULT-VALUE})")
    boolean credentials;

    /** Checks what picocli cannot. */
    void validate() {
        if (certificate.isEmpty() != privateKey.isEmpty()) {
            throw Mistakes.bad(command, "HTTPS needs both --tls-cert-file and --tls-key-file");
        }
        if (!keystore.isEmpty() && !certificate.isEmpty()) {
            throw Mistakes.bad(command, "give either --tls-keystore or --tls-cert-file and --tls-key-file");
        }
        try {
            access();
            cors();
        } catch (RuntimeException e) {
            throw Mistakes.bad(command, String.valueOf(e.getMessage()));
        }
    }

    Access access() {
        return new Access(present(keys), optional(keyFile).map(Path::of), optional(adminKey), openMetrics);
    }

    CorsPolicy cors() {
        return new CorsPolicy(
                present(origins), present(methods), present(headers), present(exposedHeaders), credentials);
    }

    Optional<Tls> tls() {
        if (!keystore.isEmpty()) {
            return Optional.of(new Tls.Pkcs12(Path.of(keystore), keystorePassword));
        }
        return optional(certificate).map(file -> new Tls.Pem(Path.of(file), Path.of(privateKey)));
    }

    private static List<String> present(List<String> values) {
        return values.stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    private static Optional<String> optional(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }
}
