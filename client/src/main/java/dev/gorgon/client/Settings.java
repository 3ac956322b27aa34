package dev.gorgon.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Where and how a client sends its requests.
 *
 * @param base of the server, without a slash at the end
 * @param headers of every request
 * @param requestTimeout how long to wait for an answer, or for the head of a stream
 * @param idleTimeout how long to wait for the next bytes of a stream
 * @param chance from 0 up to 1, new at each call, for the jitter of retries
 */
record Settings(
        URI base,
        Map<String, List<String>> headers,
        HttpClient.Version version,
        Duration requestTimeout,
        Duration idleTimeout,
        RetryPolicy retries,
        Timers timers,
        DoubleSupplier chance) {}
