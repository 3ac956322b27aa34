package dev.gorgon.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** How a {@link Client} is made. Everything has a default. */
public final class ClientBuilder {
    private final URI base;
    private final Map<String, List<String>> headers = new LinkedHashMap<>();
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration requestTimeout = Duration.ofSeconds(60);
    private Duration idleTimeout = Duration.ofSeconds(60);
    private HttpClient.Version version = HttpClient.Version.HTTP_1_1;
    private RetryPolicy retries = RetryPolicy.standard();
    private Timers timers = Timers.system();
    private DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();
    private @Nullable HttpClient shared;

    ClientBuilder(String baseUrl) {
        base = URI.create(baseUrl.replaceAll("/+$", ""));
        String scheme = String.valueOf(base.getScheme()).toLowerCase(Locale.ROOT);
        if (base.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
            throw new IllegalArgumentException(
                    "the server's address must look like http://127.0.0.1:8080, got " + baseUrl);
        }
        if (base.getRawQuery() != null || base.getRawFragment() != null || base.getRawUserInfo() != null) {
            throw new IllegalArgumentException("the server's address must have no query, fragment or user");
        }
    }

    /**
     * Sends a header with every request; several of one name add up.
     *
     * @throws IllegalArgumentException if HTTP does not allow such a header, or its client sets it itself
     */
    public ClientBuilder header(String name, String value) {
        HttpRequest.newBuilder().header(name, value); // refuses here what it would refuse in each call
        headers.computeIfAbsent(name.toLowerCase(Locale.ROOT), first -> new ArrayList<>())
                .add(value);
        return this;
    }

    /** Sends the key that the server asks for, as {@code Authorization: Bearer}. */
    public ClientBuilder apiKey(String key) {
        headers.remove("authorization");
        return header("authorization", "Bearer " + key);
    }

    /** How long to wait for a connection; 10 seconds if not set. Of a shared HTTP client, its own limit counts. */
    public ClientBuilder connectTimeout(Duration limit) {
        connectTimeout = positive(limit);
        return this;
    }

    /** How long one try may take until its answer is there, or the head of a stream; 60 seconds if not set. */
    public ClientBuilder requestTimeout(Duration limit) {
        requestTimeout = positive(limit);
        return this;
    }

    /**
     * How long a stream may be silent; 60 seconds if not set. Servers send signs of life every 15 seconds, so that a long wait
     * for the first token is no silence.
     */
    public ClientBuilder idleTimeout(Duration limit) {
        idleTimeout = positive(limit);
        return this;
    }

    /** What is tried again; {@link RetryPolicy#standard} if not set. */
    public ClientBuilder retries(RetryPolicy policy) {
        retries = policy;
        return this;
    }

    /**
     * The version of HTTP to ask for; 1.1 if not set. There every request has a connection of its own: closing it reaches the
     * server at once and never meets another request, a slow reader holds up nobody, and no proxy on the way stumbles over the
     * upgrade to HTTP/2 that the JDK's client asks for on plain connections. {@link HttpClient.Version#HTTP_2} saves connections
     * where there are very many streams.
     */
    public ClientBuilder version(HttpClient.Version wanted) {
        version = wanted;
        return this;
    }

    /** An HTTP client to share, with its executor, proxy and TLS; {@link Client#close} leaves it alone. */
    public ClientBuilder httpClient(HttpClient client) {
        shared = client;
        return this;
    }

    /** For tests: waits and chance. */
    ClientBuilder timers(Timers others, DoubleSupplier luck) {
        timers = others;
        chance = luck;
        return this;
    }

    private static Duration positive(Duration limit) {
        if (!limit.isPositive()) {
            throw new IllegalArgumentException("a time limit must be longer than nothing, got " + limit);
        }
        return limit;
    }

    /** A client with these settings. */
    public Client build() {
        Map<String, List<String>> fixed = new LinkedHashMap<>();
        headers.forEach((name, values) -> fixed.put(name, List.copyOf(values)));
        Settings settings = new Settings(base, fixed, version, requestTimeout, idleTimeout, retries, timers, chance);
        if (shared != null) {
            return new Client(shared, false, settings);
        }
        HttpClient own = HttpClient.newBuilder()
                .connectTimeout(connectTimeout)
                .version(version)
                .build();
        return new Client(own, true, settings);
    }
}
