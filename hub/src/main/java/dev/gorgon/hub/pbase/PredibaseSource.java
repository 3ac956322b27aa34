package dev.gorgon.hub.pbase;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.FileSource;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.s3.S3Source;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Adapters that Predibase trained, named {@code repository/version} or, the older way, by a model's name alone (LoRAX contract,
 * section 2.5). The gateway knows who may have them and where in S3 they are; {@link S3Source} brings them. Everything here is
 * restricted: each caller's token is shown to the gateway.
 */
public final class PredibaseSource implements FileSource {
    private static final Logger log = LoggerFactory.getLogger(PredibaseSource.class);
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._ -]{0,199}");
    private static final Set<String> NOT_READY = Set.of("pending", "queued", "training", "stopping");
    private static final int SHOWN_CHARACTERS = 100;

    private final PredibaseSettings settings;
    private final Gateway gateway;
    private final S3Source bucket;

    /** @param bucket set up to read where Predibase keeps its adapters */
    public PredibaseSource(PredibaseSettings settings, S3Source bucket) {
        this.settings = settings;
        this.gateway = new Gateway(settings);
        this.bucket = bucket;
    }

    @Override
    public Located locate(FileRef ref, Credential credential) {
        Located inBucket = bucket.locate(inBucket(ref, credential), credential);
        return new Located(ref, inBucket.version(), true);
    }

    @Override
    public Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
        Located inBucket = new Located(inBucket(located.ref(), credential), located.version(), true);
        return bucket.fetch(inBucket, contents, credential, progress);
    }

    private FileRef inBucket(FileRef ref, Credential credential) {
        Credential token = credential.isPresent() ? credential : settings.token();
        if (!token.isPresent()) {
            throw new HubException(Code.ACCESS_DENIED, "api_token must be provided to for a model of source pbase");
        }
        return FileRef.of(AdapterSource.S3, path(ref, token));
    }

    private String path(FileRef ref, Credential token) {
        String id = ref.id();
        String[] parts = id.split("/", -1);
        if (parts.length > 2 || ref.revision().isPresent()) {
            throw invalid(id);
        }
        for (String part : parts) {
            if (!PART.matcher(part).matches() || part.contains("..")) {
                throw invalid(id);
            }
        }
        String name = encode(parts[0]);
        if (parts.length == 1) {
            return legacy("/v1/models/version/name/" + name, token, id);
        }
        String version = encode(parts[1]);
        Optional<JsonNode> answer = gateway.get("/v2/repos/%s/version/%s".formatted(name, version), token, id);
        return answer.isPresent()
                ? adapterPath(answer.get(), id)
                : legacy("/v1/models/version/name/%s?version=%s".formatted(name, version), token, id);
    }

    private static String adapterPath(JsonNode answer, String id) {
        String status = text(answer, "status");
        if (NOT_READY.contains(status)) {
            throw new HubException(
                    Code.NOT_FOUND,
                    "Adapter %s is not ready for use. Current status: %s.Please wait until the adapter has completed training."
                            .formatted(id, status));
        }
        String path = text(answer, "adapterPath");
        if (path.isEmpty()) {
            log.debug("Predibase gives no path for {}, whose status is '{}'", id, status);
            throw unavailable(id);
        }
        return path;
    }

    /** Models of before there were repositories: a path made of the model's id and that of its best training run. */
    private String legacy(String request, Credential token, String id) {
        JsonNode answer = gateway.get(request, token, id).orElseThrow(() -> unavailable(id));
        String model = text(answer, "uuid");
        String run = text(answer, "bestRunID");
        if (model.isEmpty() || run.isEmpty()) {
            throw unavailable(id);
        }
        return "%s/%s/artifacts/model/model_weights/".formatted(model, run);
    }

    private static String text(JsonNode answer, String field) {
        JsonNode value = answer.path(field);
        return value.isString() ? value.stringValue() : "";
    }

    private static HubException unavailable(String id) {
        return new HubException(Code.NOT_FOUND, "Adapter %s is not yet available".formatted(id));
    }

    private static HubException invalid(String id) {
        String cut = id.length() <= SHOWN_CHARACTERS ? id : id.substring(0, SHOWN_CHARACTERS) + "…";
        return new HubException(
                Code.INVALID_NAME,
                "Invalid model id %s. Name an adapter of Predibase as repository/version"
                        .formatted(cut.replaceAll("\\p{C}", "?")));
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
