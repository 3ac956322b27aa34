package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.huggingface.HubClient.Answer;
import dev.gorgon.hub.huggingface.HubClient.Question;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What one can tell the hub about a repository. */
final class HubUploadApi {
    private static final int FILES_PER_QUESTION = 256;

    private final HubClient client;
    private final URI endpoint;
    private final RepoName repo;
    private final Credential credential;
    private final Patience patience;

    HubUploadApi(HubClient client, URI endpoint, RepoName repo, Credential credential, Patience patience) {
        this.client = client;
        this.endpoint = endpoint;
        this.repo = repo;
        this.credential = credential;
        this.patience = patience;
    }

    /** How the hub wants to have a file. */
    enum Mode {
        REGULAR,
        LARGE,
        IGNORED
    }

    /** Makes the repository. @return false if there is one already */
    boolean create(boolean secret) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        int slash = repo.id().indexOf('/');
        body.put("name", repo.id().substring(slash + 1));
        if (slash > 0) {
            body.put("organization", repo.id().substring(0, slash));
        }
        body.put("type", "model").put("private", secret);
        try {
            JsonNode ignored = post("/api/repos/create", body, "application/json", "repository '" + repo.id() + "'");
            return true;
        } catch (PushRefusals.Conflict e) {
            return false;
        }
    }

    /** Which files go where. */
    Map<String, Mode> modes(List<LocalFile> files) {
        Map<String, Mode> modes = new LinkedHashMap<>();
        for (int from = 0; from < files.size(); from += FILES_PER_QUESTION) {
            ObjectNode body = JsonMapper.shared().createObjectNode();
            ArrayNode list = body.putArray("files");
            List<LocalFile> some = files.subList(from, Math.min(files.size(), from + FILES_PER_QUESTION));
            for (LocalFile file : some) {
                list.addObject()
                        .put("path", file.path())
                        .put("size", file.size())
                        .put("sample", Base64.getEncoder().encodeToString(file.sample()));
            }
            JsonNode told = post(path("preupload"), body, "application/json", subject());
            for (JsonNode node : told.path("files")) {
                String mode = node.path("uploadMode").asString("");
                modes.put(
                        node.path("path").asString(""),
                        node.path("shouldIgnore").asBoolean(false)
                                ? Mode.IGNORED
                                : mode.equals("lfs") ? Mode.LARGE : Mode.REGULAR);
            }
            for (LocalFile file : some) {
                if (!modes.containsKey(file.path())) {
                    throw unexpected("does not say how it wants to have '" + file.path() + "'");
                }
                if (file.size() == 0) {
                    modes.replace(file.path(), Mode.LARGE, Mode.REGULAR); // stores take nothing that is empty
                }
            }
        }
        return modes;
    }

    /**
     * Where the store for large files wants to have a content.
     *
     * @return the hub's object with {@code actions}; without them if it has the content
     */
    JsonNode batch(LocalFile file) {
        ObjectNode body = JsonMapper.shared().createObjectNode().put("operation", "upload");
        body.putArray("transfers").add("basic").add("multipart");
        body.put("hash_algo", "sha256");
        body.putObject("ref").put("name", repo.revision());
        body.putArray("objects").addObject().put("oid", file.sha256()).put("size", file.size());
        JsonNode told =
                post("/" + repo.id() + ".git/info/lfs/objects/batch", body, Payload.LFS_JSON, subject(file.path()));
        JsonNode object = told.path("objects").path(0);
        if (!object.path("oid").asString("").equals(file.sha256())) {
            throw unexpected("says nothing about the upload of '" + file.path() + "'");
        }
        JsonNode error = object.path("error");
        if (error.isObject()) {
            throw new HubException(
                    error.path("code").asInt(0) == 403
                            ? HubException.Code.ACCESS_DENIED
                            : HubException.Code.UNREACHABLE,
                    "The hub does not take %s: %s"
                            .formatted(
                                    subject(file.path()),
                                    PushRefusals.shown(error.path("message").asString(""), credential.token())));
        }
        return object;
    }

    /** Lets the hub look at what has arrived. */
    void verify(String address, LocalFile file) {
        Question question = new Question("POST", named(address, file), credential, subject(file.path()), 0);
        JsonNode ignored = ask(
                question,
                JsonMapper.shared().createObjectNode().put("oid", file.sha256()).put("size", file.size()),
                Payload.LFS_JSON);
    }

    /** All parts of a content have arrived. The address is its own credential. */
    void complete(String address, LocalFile file, List<String> tags) {
        ObjectNode body = JsonMapper.shared().createObjectNode().put("oid", file.sha256());
        ArrayNode parts = body.putArray("parts");
        for (int i = 0; i < tags.size(); i++) {
            parts.addObject().put("partNumber", i + 1).put("etag", tags.get(i));
        }
        Question question = new Question("POST", named(address, file), Credential.NONE, subject(file.path()), 0);
        JsonNode ignored = ask(question, body, Payload.LFS_JSON);
    }

    /** Sends bytes to an address that the hub has named; it is its own credential. @return the store's tag of them */
    String put(String address, LocalFile file, Payload bytes) throws TransientFailure {
        Question question = new Question("PUT", named(address, file), Credential.NONE, subject(file.path()), 0);
        try (Answer answer = client.send(question, bytes)) {
            PushRefusals.check(answer, question, endpoint);
            return answer.storeHeaders().firstValue("ETag").orElse("");
        }
    }

    /** Makes a commit. @return its id */
    String commit(Payload lines) throws TransientFailure {
        Question question = new Question("POST", URI.create(endpoint + path("commit")), credential, subject(), 0);
        Answer answer = client.send(question, lines);
        PushRefusals.check(answer, question, endpoint);
        return PushRefusals.json(answer, question, client).path("commitOid").asString("");
    }

    private JsonNode post(String path, ObjectNode body, String type, String subject) {
        return ask(new Question("POST", URI.create(endpoint + path), credential, subject, 0), body, type);
    }

    private JsonNode ask(Question question, ObjectNode body, String type) {
        Payload payload = Payload.json(body.toString().getBytes(StandardCharsets.UTF_8), type);
        return patience.insist(() -> {
            Answer answer = client.send(question, payload);
            PushRefusals.check(answer, question, endpoint);
            return PushRefusals.json(answer, question, client);
        });
    }

    private URI named(String address, LocalFile file) {
        return client.named(address, new Question("PUT", endpoint, Credential.NONE, subject(file.path()), 0));
    }

    private String path(String verb) {
        return "/api/models/" + repo.id() + "/" + verb + "/"
                + URLEncoder.encode(repo.revision(), StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HubException unexpected(String what) {
        return new HubException(HubException.Code.UNREACHABLE, "The hub at " + endpoint + " " + what);
    }

    private String subject() {
        return "repository '" + repo + "'";
    }

    private String subject(String path) {
        return "'%s' of '%s'".formatted(path, repo);
    }
}
