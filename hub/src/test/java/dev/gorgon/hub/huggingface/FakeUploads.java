package dev.gorgon.hub.huggingface;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The side of a {@link FakeHub} that takes files in: new repositories, the question which files are large, git-lfs's batches with
 * transfers in one piece or in parts, and commits. The store's addresses serve once, as if they expired.
 */
public final class FakeUploads {
    private static final Pattern MODEL = Pattern.compile("/api/models/(.+?)/(preupload|commit)/([^/]+)");
    private static final Pattern LFS = Pattern.compile("/(.+?)\\.git/info/lfs/(objects/batch|verify)");

    private final Function<String, FakeRepo> repos;
    private final Predicate<String> exists;
    private final URI hub;
    private final String store;
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private final Map<String, byte[]> arrived = new ConcurrentHashMap<>();
    private final Map<String, String> tickets = new ConcurrentHashMap<>();
    private final AtomicInteger serial = new AtomicInteger();
    private final List<String> commits = new CopyOnWriteArrayList<>();
    private volatile int partBytes = Integer.MAX_VALUE;
    private volatile Runnable beforeCommit = () -> {};

    FakeUploads(Function<String, FakeRepo> repos, Predicate<String> exists, URI hub, String store) {
        this.repos = repos;
        this.exists = exists;
        this.hub = hub;
        this.store = store;
    }

    /** Larger contents are wanted in parts of this size. */
    public void inPartsOf(int bytes) {
        partBytes = bytes;
    }

    /** Runs once when the next commit arrives, before it is looked at. */
    public void beforeCommit(Runnable action) {
        beforeCommit = action;
    }

    /** Bodies of all commits that were made. */
    public List<String> commits() {
        return commits;
    }

    /** SHA-256 of all contents in the store. */
    public Map<String, byte[]> objects() {
        return objects;
    }

    void answer(HttpExchange exchange, boolean isHub, Optional<Fault> fault) throws IOException {
        if (fault.orElse(null) instanceof Fault.Cut cut && !isHub) {
            byte[] ignored = exchange.getRequestBody().readNBytes(cut.bytes());
            return; // and the connection is closed
        }
        byte[] body = body(exchange);
        if (fault.orElse(null) instanceof Fault.Status status) {
            status.headers().forEach(exchange.getResponseHeaders()::set);
            reply(exchange, status.code(), "{\"error\":\"as the test wants it\"}");
            return;
        }
        if (!isHub) {
            put(exchange, body);
            return;
        }
        String path = exchange.getRequestURI().getRawPath();
        Matcher model = MODEL.matcher(path);
        Matcher lfs = LFS.matcher(path);
        Reply reply;
        if (path.equals("/api/repos/create")) {
            reply = create(json(body), token(exchange));
        } else if (path.equals("/api/validate-yaml")) {
            reply = new Reply(200, "{\"errors\":[],\"warnings\":[]}");
        } else if (path.equals("/complete")) {
            reply = complete(exchange.getRequestURI().getQuery(), json(body));
        } else if (model.matches()) {
            reply = allowed(model.group(1), token(exchange))
                    .orElseGet(() -> model.group(2).equals("preupload")
                            ? preupload(json(body))
                            : commit(
                                    repos.apply(model.group(1)),
                                    URLDecoder.decode(model.group(3), StandardCharsets.UTF_8),
                                    new String(body, StandardCharsets.UTF_8)));
        } else if (lfs.matches()) {
            reply = allowed(lfs.group(1), token(exchange))
                    .orElseGet(
                            () -> lfs.group(2).equals("verify") ? verify(json(body)) : batch(lfs.group(1), json(body)));
        } else {
            reply = new Reply(404, "{\"error\":\"no such address\"}");
        }
        if (!(fault.orElse(null) instanceof Fault.Cut)) { // else the answer gets lost
            reply(exchange, reply.status, reply.json);
        }
    }

    private record Reply(int status, String json) {}

    private static Reply error(int status, String message) {
        return new Reply(
                status,
                JsonMapper.shared().createObjectNode().put("error", message).toString());
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        try (InputStream in = exchange.getRequestBody()) {
            return in.readAllBytes();
        }
    }

    private static JsonNode json(byte[] body) {
        return JsonMapper.shared().readTree(body);
    }

    private static String token(HttpExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        return header == null ? "" : header.replaceFirst("^Bearer ", "");
    }

    private static void reply(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private Optional<Reply> allowed(String id, String token) {
        if (token.isEmpty() || token.equals("unknown")) {
            return Optional.of(error(401, "Invalid username or password."));
        }
        if (!exists.test(id)) {
            return Optional.of(error(404, "Repository not found"));
        }
        return repos.apply(id).mayWrite(token)
                ? Optional.empty()
                : Optional.of(error(403, "You have read access but not the required permissions, " + token));
    }

    private Reply create(JsonNode body, String token) {
        if (token.isEmpty() || token.equals("unknown")) {
            return error(401, "Invalid username or password.");
        }
        String owner = body.path("organization").asString("");
        String id = (owner.isEmpty() ? "" : owner + "/") + body.path("name").asString("");
        String url = "{\"url\":\"" + hub + "/" + id + "\",\"name\":\"" + id + "\",\"id\":\"1\"";
        if (exists.test(id)) {
            return new Reply(409, url + ",\"error\":\"You already created this model repo\"}");
        }
        FakeRepo repo = repos.apply(id).writableFor(token);
        if (body.path("private").asBoolean(false)
                || body.path("visibility").asString("").equals("private")) {
            repo.closedExceptFor(token);
        }
        String ignored = repo.commit(
                "main", Map.of(".gitattributes", "*.safetensors filter=lfs".getBytes(StandardCharsets.UTF_8)));
        return new Reply(200, url + "}");
    }

    private static Reply preupload(JsonNode body) {
        ObjectNode told = JsonMapper.shared().createObjectNode();
        ArrayNode files = told.putArray("files");
        for (JsonNode file : body.path("files")) {
            String path = file.path("path").asString("");
            boolean large = FakeRepo.isLarge(path);
            files.addObject()
                    .put("path", path)
                    .put("uploadMode", large ? "lfs" : "regular")
                    .put("shouldIgnore", path.endsWith(".ignored"));
        }
        return new Reply(200, told.toString());
    }

    private Reply batch(String id, JsonNode body) {
        ObjectNode told = JsonMapper.shared().createObjectNode();
        boolean parts = body.path("transfers").toString().contains("multipart");
        told.put("transfer", parts ? "multipart" : "basic");
        ArrayNode list = told.putArray("objects");
        for (JsonNode wanted : body.path("objects")) {
            String oid = wanted.path("oid").asString("");
            long size = wanted.path("size").asLong();
            ObjectNode object = list.addObject().put("oid", oid).put("size", size);
            if (objects.containsKey(oid)) {
                continue;
            }
            ObjectNode actions = object.putObject("actions");
            ObjectNode upload = actions.putObject("upload");
            if (size > partBytes) {
                String name = "u" + serial.incrementAndGet();
                upload.put("href", hub + "/complete?upload=" + name);
                ObjectNode header = upload.putObject("header").put("chunk_size", String.valueOf(partBytes));
                for (int part = 1; part <= (size + partBytes - 1) / partBytes; part++) {
                    header.put("%05d".formatted(part), ticket(name + "-" + part));
                }
            } else {
                upload.put("href", ticket(oid)).putObject("header").put("x-checked", "yes");
                actions.putObject("verify").put("href", hub + "/" + id + ".git/info/lfs/verify");
            }
        }
        return new Reply(200, told.toString());
    }

    private String ticket(String what) {
        String path = "/upload/" + serial.incrementAndGet();
        tickets.put(path, what);
        return store + path + "?signature=s";
    }

    private void put(HttpExchange exchange, byte[] body) throws IOException {
        String what = tickets.remove(exchange.getRequestURI().getPath());
        boolean tokenSent = exchange.getRequestHeaders().containsKey("Authorization");
        if (what == null || tokenSent) {
            reply(exchange, 403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
            return;
        }
        arrived.put(what, body);
        if (!what.startsWith("u")) {
            store(what, body);
        }
        exchange.getResponseHeaders().set("ETag", "\"" + FakeRepo.gitTag(body) + "\"");
        reply(exchange, 200, "");
    }

    private boolean store(String oid, byte[] content) {
        boolean right = FakeRepo.tag(".bin", content).equals(oid);
        if (right) {
            objects.put(oid, content);
        }
        return right;
    }

    private Reply complete(String query, JsonNode body) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        String upload = query.replace("upload=", "");
        for (JsonNode part : body.path("parts")) {
            byte[] bytes = arrived.get(upload + "-" + part.path("partNumber").asInt());
            if (bytes == null || !part.path("etag").asString("").equals("\"" + FakeRepo.gitTag(bytes) + "\"")) {
                return error(404, "The specified upload does not exist.");
            }
            whole.writeBytes(bytes);
        }
        return store(body.path("oid").asString(""), whole.toByteArray())
                ? new Reply(200, "{}")
                : error(400, "The content has another hash.");
    }

    private Reply verify(JsonNode body) {
        byte[] content = objects.get(body.path("oid").asString(""));
        return content != null && content.length == body.path("size").asLong()
                ? new Reply(200, "{}")
                : error(404, "The object is not there.");
    }

    private synchronized Reply commit(FakeRepo repo, String branch, String lines) {
        beforeCommit.run();
        beforeCommit = () -> {};
        String before = repo.resolve(branch);
        if (before.isEmpty()) {
            return error(404, "Invalid rev id: " + branch);
        }
        Map<String, byte[]> files = new TreeMap<>(repo.files(before));
        for (String line : lines.lines().toList()) {
            JsonNode value = json(line.getBytes(StandardCharsets.UTF_8)).path("value");
            String path = value.path("path").asString("");
            switch (json(line.getBytes(StandardCharsets.UTF_8)).path("key").asString("")) {
                case "header" -> {
                    String parent = value.path("parentCommit").asString("");
                    if (!parent.isEmpty() && !parent.equals(before)) {
                        return error(412, "A commit has happened since. Please refresh and try again.");
                    }
                }
                case "file" ->
                    files.put(
                            path,
                            Base64.getDecoder().decode(value.path("content").asString("")));
                case "lfsFile" -> {
                    byte[] content = objects.get(value.path("oid").asString(""));
                    if (content == null) {
                        return error(400, "LFS pointer pointed to a file that does not exist: " + path);
                    }
                    files.put(path, content);
                }
                default -> {
                    return error(400, "unknown line: " + line);
                }
            }
        }
        commits.add(lines);
        String commit = repo.commit(branch, files);
        return new Reply(
                200,
                JsonMapper.shared()
                        .createObjectNode()
                        .put("success", true)
                        .put("commitOid", commit)
                        .put("commitUrl", hub + "/" + repo.id() + "/commit/" + commit)
                        .put("hookOutput", "")
                        .toString());
    }
}
