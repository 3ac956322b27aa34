package dev.gorgon.server;

/**
 * What clients may take of the server before it knows what they want. Whatever arrives on the network is bounded by these.
 *
 * @param maxConnections open connections; one more is closed at once
 * @param maxStreams requests at a time on one HTTP/2 connection
 * @param maxRequestLineBytes method and path of a request
 * @param maxHeaderBytes all headers of a request
 * @param maxBufferedBodyBytes bodies being received, of all connections together; one that needs more is answered 429
 * @param maxUnreadBytes events that one client did not read yet; a client that leaves more is dropped
 */
public record ConnectionLimits(
        int maxConnections,
        int maxStreams,
        int maxRequestLineBytes,
        int maxHeaderBytes,
        long maxBufferedBodyBytes,
        int maxUnreadBytes) {

    /** Four full bodies, or an eighth of the heap if that is more. */
    private static final long DEFAULT_BUFFERED_BYTES =
            Math.max(4L * Limits.DEFAULT_BODY_BYTES, Runtime.getRuntime().maxMemory() / 8);

    /** Room for ten thousand clients. */
    public static final ConnectionLimits DEFAULT =
            new ConnectionLimits(10_000, 256, 8 * 1024, 64 * 1024, DEFAULT_BUFFERED_BYTES, 1024 * 1024);

    public ConnectionLimits {
        atLeast("maxConnections", maxConnections, 1);
        atLeast("maxStreams", maxStreams, 1);
        atLeast("maxRequestLineBytes", maxRequestLineBytes, 128);
        atLeast("maxHeaderBytes", maxHeaderBytes, 1024);
        atLeast("maxBufferedBodyBytes", maxBufferedBodyBytes, 1);
        atLeast("maxUnreadBytes", maxUnreadBytes, 1024);
    }

    /** The same with another number of connections. */
    public ConnectionLimits withMaxConnections(int connections) {
        return new ConnectionLimits(
                connections, maxStreams, maxRequestLineBytes, maxHeaderBytes, maxBufferedBodyBytes, maxUnreadBytes);
    }

    /** The same with another bound for the bodies being received. */
    public ConnectionLimits withMaxBufferedBodyBytes(long bytes) {
        return new ConnectionLimits(
                maxConnections, maxStreams, maxRequestLineBytes, maxHeaderBytes, bytes, maxUnreadBytes);
    }

    /** The same with another bound for what one client leaves unread. */
    public ConnectionLimits withMaxUnreadBytes(int bytes) {
        return new ConnectionLimits(
                maxConnections, maxStreams, maxRequestLineBytes, maxHeaderBytes, maxBufferedBodyBytes, bytes);
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new ServerException("%s must be at least %d, got %d".formatted(name, least, value));
        }
    }
}
