package dev.gorgon.server.http;

import dev.gorgon.server.ConnectionLimits;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.Tls;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PfxOptions;

/** The server's configuration in Vert.x's words: HTTP/1.1 and HTTP/2, both with and without TLS. */
public final class ListenerOptions {
    private static final int BACKLOG = 1024;

    private ListenerOptions() {}

    /** What to listen with. */
    public static HttpServerOptions of(ServerConfig config) {
        ConnectionLimits limits = config.connections();
        HttpServerOptions options = new HttpServerOptions()
                .setHandle100ContinueAutomatically(true)
                // There are no WebSockets here, and these handlers close connections with more than 128 pipelined
                // requests.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setMaxInitialLineLength(limits.maxRequestLineBytes())
                .setMaxHeaderSize(limits.maxHeaderBytes())
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(limits.maxStreams())
                        .setMaxHeaderListSize(limits.maxHeaderBytes()));
        options.setAcceptBacklog(BACKLOG);
        config.tls().ifPresent(tls -> options.setSsl(true).setUseAlpn(true).setKeyCertOptions(certificate(tls)));
        return options;
    }

    private static KeyCertOptions certificate(Tls tls) {
        return switch (tls) {
            case Tls.Pem pem ->
                new PemKeyCertOptions()
                        .addCertPath(pem.certificate().toAbsolutePath().toString())
                        .addKeyPath(pem.key().toAbsolutePath().toString());
            case Tls.Pkcs12 pkcs12 ->
                new PfxOptions()
                        .setPath(pkcs12.store().toAbsolutePath().toString())
                        .setPassword(pkcs12.password());
        };
    }
}
