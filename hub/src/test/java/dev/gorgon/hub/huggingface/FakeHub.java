package dev.gorgon.hub.huggingface;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server that speaks the hub's protocol: revisions, trees, files with their headers, a store of its own origin for large files,
 * tokens, ranges, uploads, and every failure that {@link Fault} knows. Python's huggingface_hub works with it, too.
 */
public final class FakeHub implements AutoCloseable {
    private static final Pattern API = Pattern.compile("/api/models/(.+?)/(revision|tree)/([^/]+)");
    private static final Pattern FILE = Pattern.compile("/(.+?)/resolve/([^/]+)/([^/]+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");
    private static final int PIECE = 4096;

    /**
     * What somebody asked.
     *
     * @param hub whether the hub was asked, not its store
     * @param authorization the header, or empty
     * @param range the header, or empty
     */
    public record Request(boolean hub, String method, String path, String authorization, String range) {}

    private final HttpServer hub;
    private final HttpServer store;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, FakeRepo> repos = new ConcurrentHashMap<>();
    private final Map<String, byte[]> stored = new ConcurrentHashMap<>();
    private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final FakeUploads uploads;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile long pieceMillis;

    private FakeHub(HttpServer hub, HttpServer store) {
        this.hub = hub;
        this.store = store;
        this.uploads = new FakeUploads(
                this::repo,
                repos::containsKey,
                address(hub),
                "http://localhost:" + store.getAddress().getPort());
        hub.createContext("/", exchange -> serve(exchange, true));
        store.createContext("/", exchange -> serve(exchange, false));
        for (HttpServer server : List.of(hub, store)) {
            server.setExecutor(threads);
            server.start();
        }
    }

    /** Starts one on free ports of this machine. */
    public static FakeHub start() {
        try {
            return new FakeHub(listen(), listen());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpServer listen() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    }

    /** For {@code HF_ENDPOINT}. */
    public URI endpoint() {
        return address(hub);
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The repository of this id, a new one if there is none. */
    public FakeRepo repo(String id) {
        return repos.computeIfAbsent(id, FakeRepo::new);
    }

    /** The next answers for paths that contain this text, one after the other; store paths end with the file's name, too. */
    public void fail(String path, Fault... next) {
        faults.computeIfAbsent(path, _ -> new ArrayDeque<>()).addAll(List.of(next));
    }

    /** Sends 4 KiB of a file in this time. */
    public void throttle(long millisPerPiece) {
        pieceMillis = millisPerPiece;
    }

    /** What was uploaded, and how it is taken in. */
    public FakeUploads uploads() {
        return uploads;
    }

    /** All that was asked so far. */
    public List<Request> requests() {
        return requests;
    }

    private void serve(HttpExchange exchange, boolean isHub) {
        String path = exchange.getRequestURI().getRawPath();
        requests.add(new Request(
                isHub,
                exchange.getRequestMethod(),
                path,
                header(exchange, "Authorization"),
                header(exchange, "Range")));
        try (exchange) {
            Optional<Fault> fault = fault(path);
            if (List.of("POST", "PUT").contains(exchange.getRequestMethod())) {
                uploads.answer(exchange, isHub, fault);
            } else if (fault.orElse(null) instanceof Fault.Status status) {
                status.headers().forEach(exchange.getResponseHeaders()::set);
                exchange.sendResponseHeaders(status.code(), -1);
            } else if (isHub) {
                answer(exchange, path, fault);
            } else {
                send(exchange, stored.getOrDefault(path, new byte[0]), fault);
            }
        } catch (IOException e) {
            // The other side has gone, which some tests are about.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<Fault> fault(String path) {
        for (Map.Entry<String, Deque<Fault>> entry : faults.entrySet()) {
            if (path.contains(entry.getKey())) {
                synchronized (entry.getValue()) {
                    Fault next = entry.getValue().poll();
                    if (next != null) {
                        return Optional.of(next);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private void answer(HttpExchange exchange, String path, Optional<Fault> fault)
            throws IOException, InterruptedException {
        Matcher api = API.matcher(path);
        Matcher file = FILE.matcher(path);
        boolean isApi = api.matches();
        if (!isApi && !file.matches()) {
            refuse(exchange, 404, "");
            return;
        }
        FakeRepo repo = repos.get(isApi ? api.group(1) : file.group(1));
        String token = header(exchange, "Authorization").replaceFirst("^Bearer ", "");
        String revision = decode(isApi ? api.group(3) : file.group(2));
        if (repo != null && token.equals("unknown") || repo == null && token.isEmpty()) {
            refuse(exchange, 401, repo == null ? "RepoNotFound" : "");
        } else if (repo == null || repo.isClosed() && !repo.mayRead(token)) {
            refuse(exchange, token.isEmpty() ? 401 : 404, "RepoNotFound");
        } else if (!isApi && repo.isGated() && !repo.mayRead(token)) {
            refuse(exchange, token.isEmpty() ? 401 : 403, "GatedRepo");
        } else if (repo.resolve(revision).isEmpty()) {
            refuse(exchange, 404, "RevisionNotFound");
        } else if (isApi) {
            String commit = repo.resolve(revision);
            String json = api.group(2).equals("tree") ? FakeListing.tree(repo, commit) : FakeListing.of(repo, commit);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            send(exchange, json.getBytes(StandardCharsets.UTF_8), fault);
        } else {
            file(exchange, repo, repo.resolve(revision), decode(file.group(3)), fault);
        }
    }

    private void file(HttpExchange exchange, FakeRepo repo, String commit, String name, Optional<Fault> fault)
            throws IOException, InterruptedException {
        byte[] content = repo.files(commit).get(name);
        exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        if (content == null) {
            refuse(exchange, 404, "EntryNotFound");
            return;
        }
        String tag = FakeRepo.tag(name, content);
        if (!FakeRepo.isLarge(name)) {
            exchange.getResponseHeaders().set("ETag", "\"" + tag + "\"");
            send(exchange, content, fault);
            return;
        }
        String place = "/store/" + repo.id() + "/" + tag + "/" + name;
        stored.put(place, content);
        exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + tag + "\"");
        exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
        // Another host, too: Python tells origins apart by host alone.
        exchange.getResponseHeaders()
                .set("Location", "http://localhost:" + store.getAddress().getPort() + place);
        exchange.sendResponseHeaders(302, -1);
    }

    private void send(HttpExchange exchange, byte[] content, Optional<Fault> fault)
            throws IOException, InterruptedException {
        Matcher range = RANGE.matcher(header(exchange, "Range"));
        boolean ranged = range.matches() && !(fault.orElse(null) instanceof Fault.NoRanges);
        int from = ranged ? Math.toIntExact(Long.parseLong(range.group(1))) : 0;
        if (ranged && from >= content.length) {
            refuse(exchange, 416, "");
            return;
        }
        byte[] body = Arrays.copyOfRange(content, from, content.length);
        if (fault.orElse(null) instanceof Fault.Damage && body.length > 0) {
            body[0] ^= 1;
        }
        if (ranged) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(ranged ? 206 : 200, body.length == 0 ? -1 : body.length);
        write(exchange.getResponseBody(), body, fault);
    }

    private void write(OutputStream out, byte[] body, Optional<Fault> fault) throws IOException, InterruptedException {
        int end = switch (fault.orElse(null)) {
            case Fault.Cut cut -> Math.min(cut.bytes(), body.length);
            case Fault.Stall stall -> Math.min(stall.bytes(), body.length);
            case null, default -> body.length;
        };
        for (int at = 0; at < end; at += PIECE) {
            out.write(body, at, Math.min(PIECE, end - at));
            if (pieceMillis > 0) {
                out.flush();
                Thread.sleep(pieceMillis);
            }
        }
        out.flush();
        if (fault.orElse(null) instanceof Fault.Stall) {
            closing.await();
        }
    }

    private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
        if (!code.isEmpty()) {
            exchange.getResponseHeaders().set("X-Error-Code", code);
        }
        exchange.sendResponseHeaders(status, -1);
    }

    private static String header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name)).orElse("");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        closing.countDown();
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
