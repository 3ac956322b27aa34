package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.huggingface.HubClient.Answer;
import dev.gorgon.hub.huggingface.HubClient.Question;
import dev.gorgon.hub.huggingface.RepoListing.RemoteFile;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The questions one can ask the hub. */
final class HubApi {
    /** A listing of some fifty thousand files. */
    private static final int MOST_LISTING_BYTES = 16 << 20;

    private final HubClient client;
    private final URI endpoint;

    HubApi(HubClient client, URI endpoint) {
        this.client = client;
        this.endpoint = endpoint;
    }

    /**
     * A revision and its files.
     *
     * @throws HubException if there is none, or none for this caller
     */
    RepoListing listing(RepoName repo, Credential credential, Patience patience) {
        URI uri = URI.create(
                endpoint + "/api/models/" + repo.id() + "/revision/" + encode(repo.revision()) + "?blobs=true");
        Question question = new Question("GET", uri, credential, "'" + repo + "'", 0);
        byte[] json = patience.insist(() -> {
            try (Answer answer = client.ask(question)) {
                return answer.body().all(MOST_LISTING_BYTES);
            } catch (IOException e) {
                throw client.unreachable(question, e);
            }
        });
        return RepoListing.parse(json, question.subject());
    }

    /**
     * A file of a commit with size and tag. Also a way to learn whether a caller may have the files.
     *
     * @throws HubException if there is none, or not for this caller
     */
    RemoteFile file(RepoName repo, String path, Credential credential, Patience patience) {
        Question question = new Question("HEAD", uri(repo, path), credential, subject(repo, path), 0);
        HttpHeaders headers = patience.insist(() -> {
            try (Answer answer = client.ask(question)) {
                return answer.headers();
            }
        });
        Optional<String> linkedTag = headers.firstValue("X-Linked-Etag");
        String tag = linkedTag.or(() -> headers.firstValue("ETag")).orElse("");
        long size = headers.firstValueAsLong(linkedTag.isPresent() ? "X-Linked-Size" : "Content-Length")
                .orElse(-1);
        RemoteFile file = new RemoteFile(path, size, tag.replaceFirst("^W/", "").replace("\"", ""));
        if (!file.isComplete()) {
            throw new HubException(
                    HubException.Code.UNREACHABLE,
                    "The hub tells neither size nor tag of %s".formatted(question.subject()));
        }
        return file;
    }

    /** The content from this byte on. */
    Question content(RepoName repo, String path, Credential credential, long from) {
        return new Question("GET", uri(repo, path), credential, subject(repo, path), from);
    }

    HubClient client() {
        return client;
    }

    private URI uri(RepoName repo, String path) {
        return URI.create(endpoint + "/" + repo.id() + "/resolve/" + encode(repo.revision()) + "/" + encode(path));
    }

    private static String subject(RepoName repo, String path) {
        return "'%s' of '%s'".formatted(path, repo);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
