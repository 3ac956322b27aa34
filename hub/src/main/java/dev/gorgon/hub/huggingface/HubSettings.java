package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the hub and its cache are. The names and defaults of the environment are huggingface_hub's, and LoRAX's (contract, section
 * 5.4).
 *
 * @param endpoint address of the hub without a slash at the end
 * @param cache folder of the cache, the one with {@code models--…}
 * @param offline nothing is asked, the cache serves
 * @param symlinks whether snapshots link to blobs; otherwise they hold the files themselves
 * @param token the server's own token, for what the operator names; may be none
 * @param shareToken whether callers without a token of their own get files with the server's
 */
public record HubSettings(
        URI endpoint, Path cache, boolean offline, boolean symlinks, Credential token, boolean shareToken) {

    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)\\}|(\\w+))");

    /**
     * Reads {@code HF_ENDPOINT}, {@code HF_HUB_CACHE} ({@code HUGGINGFACE_HUB_CACHE}), {@code HF_HOME}, {@code HF_HUB_OFFLINE},
     * {@code HF_TOKEN} ({@code HUGGING_FACE_HUB_TOKEN}, {@code HF_API_TOKEN}, the file {@code HF_TOKEN_PATH}) and
     * {@code LORAX_USE_GLOBAL_HF_TOKEN}.
     *
     * @throws HubException if the endpoint is not an address
     */
    public static HubSettings fromEnvironment(Map<String, String> environment, Path userHome) {
        Environment variables = new Environment(environment, userHome);
        Path home = variables.path(
                "HF_HOME",
                variables.path("XDG_CACHE_HOME", userHome.resolve(".cache")).resolve("huggingface"));
        Path cache = variables.path("HF_HUB_CACHE", variables.path("HUGGINGFACE_HUB_CACHE", home.resolve("hub")));
        return new HubSettings(
                endpoint(variables.text("HF_ENDPOINT", "https://huggingface.co")),
                cache.toAbsolutePath().normalize(),
                variables.isTrue("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
                !variables.isTrue("HF_HUB_DISABLE_SYMLINKS"),
                new Credential(variables.token(home.resolve("token"))),
                variables.isTrue("LORAX_USE_GLOBAL_HF_TOKEN"));
    }

    private static URI endpoint(String text) {
        try {
            URI uri = new URI(text.replaceAll("/+$", ""));
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            if (uri.getHost() != null && (scheme.equals("http") || scheme.equals("https"))) {
                return uri;
            }
        } catch (java.net.URISyntaxException e) {
            // Told below, like any other text that is not an address.
        }
        throw new HubException(
                HubException.Code.NOT_CONFIGURED,
                "HF_ENDPOINT must be an address such as https://huggingface.co, not '" + text + "'");
    }

    private record Environment(Map<String, String> values, Path userHome) {

        /** An empty variable counts as unset. */
        String text(String name, String otherwise) {
            String value = values.getOrDefault(name, "");
            return value.isBlank() ? otherwise : value.strip();
        }

        boolean isTrue(String... names) {
            for (String name : names) {
                String value = text(name, "");
                if (!value.isEmpty()) {
                    return TRUE.contains(value.toUpperCase(Locale.ROOT));
                }
            }
            return false;
        }

        /** As in Python, paths may start with {@code ~} and contain variables. */
        Path path(String name, Path otherwise) {
            String text = text(name, "");
            if (text.isEmpty()) {
                return otherwise;
            }
            String expanded = VARIABLE.matcher(text)
                    .replaceAll(found -> Matcher.quoteReplacement(values.getOrDefault(
                            found.group(1) != null ? found.group(1) : found.group(2), found.group())));
            if (expanded.equals("~") || expanded.startsWith("~/")) {
                return userHome.resolve(expanded.substring(Math.min(2, expanded.length())));
            }
            return Path.of(expanded);
        }

        String token(Path file) {
            for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_API_TOKEN"}) {
                String token = text(name, "");
                if (!token.isEmpty()) {
                    return token;
                }
            }
            try {
                return Files.readString(path("HF_TOKEN_PATH", file)).strip();
            } catch (IOException e) {
                return ""; // nobody has logged in on this machine
            }
        }
    }
}
