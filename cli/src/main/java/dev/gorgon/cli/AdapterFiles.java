package dev.gorgon.cli;

import dev.gorgon.cli.SourceOrigin.Asker;
import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.EmbeddedModels;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.FileSource;
import dev.gorgon.hub.LocalSource;
import dev.gorgon.hub.ModelFiles;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.TerminalProgress;
import dev.gorgon.hub.huggingface.HubSettings;
import dev.gorgon.hub.huggingface.HubSource;
import dev.gorgon.hub.pbase.PredibaseSettings;
import dev.gorgon.hub.pbase.PredibaseSource;
import dev.gorgon.hub.s3.S3Settings;
import dev.gorgon.hub.s3.S3Source;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the files of models and adapters come from, as the environment and the command line say. */
final class AdapterFiles implements AutoCloseable {

    private final HubSettings hub;
    private final HubSource hubSource;
    private final ModelFiles files;
    private final LoadPolicy forRequests;

    /**
     * @param localRoots folders below which requests may name local adapters
     * @param forRequests what requests may load
     */
    AdapterFiles(Map<String, String> environment, List<Path> localRoots, LoadPolicy forRequests) {
        this.forRequests = forRequests;
        hub = HubSettings.fromEnvironment(environment, Path.of(System.getProperty("user.home")));
        hubSource = new HubSource(hub);
        Path bucketCache = hub.cache().resolveSibling("gorgon-s3");
        S3Source buckets = new S3Source(S3Settings.of(environment), bucketCache);
        files = new ModelFiles(
                new Demo(),
                Map.of(
                        AdapterSource.HUB,
                        hubSource,
                        AdapterSource.LOCAL,
                        LocalSource.confined(localRoots, List.of(hub.cache(), bucketCache)),
                        AdapterSource.S3,
                        buckets,
                        AdapterSource.PBASE,
                        new PredibaseSource(PredibaseSettings.of(environment), buckets)));
    }

    /** What travels inside the program. */
    private static final class Demo implements EmbeddedModels {
        @Override
        public Optional<Path> folder(String name) {
            return EmbeddedDemo.folder(name);
        }

        @Override
        public List<String> names() {
            return EmbeddedDemo.names();
        }
    }

    /** The folder of a base model. */
    Path model(AdapterSource source, String id, String revision) {
        FileRef ref = reference(source, revision.isEmpty() ? id : id + "@" + revision);
        return files.resolveModel(ref, operator(source), TerminalProgress.onStandardError());
    }

    /** The folder of an adapter that the operator names. */
    Path folder(AdapterSource source, String id) {
        AdapterOrigin origin = named(source, id);
        return origin.fetch(origin.locate());
    }

    /** An adapter that a request names: it may only be had with the caller's credential, and from the folders that are allowed. */
    AdapterOrigin asked(AdapterSource source, String id, String token) {
        // folders and buckets know no callers: one name then, whatever they send
        boolean callers = source == AdapterSource.HUB || source == AdapterSource.PBASE;
        Credential credential = callers ? new Credential(token) : Credential.NONE;
        return origin(files, reference(source, id), new Asker(credential, forRequests, Progress.NONE));
    }

    /** An adapter that the operator names: with the server's own credential, from anywhere. */
    AdapterOrigin named(AdapterSource source, String id) {
        return origin(
                files.trusted(),
                reference(source, id),
                new Asker(operator(source), LoadPolicy.STATIC, TerminalProgress.onStandardError()));
    }

    private Credential operator(AdapterSource source) {
        return source == AdapterSource.HUB ? hub.token() : Credential.NONE;
    }

    private static AdapterOrigin origin(FileSource from, FileRef ref, Asker asker) {
        AdapterOrigin.Freshness freshness = switch (ref.source()) {
            case LOCAL -> AdapterOrigin.Freshness.ASK_ALWAYS;
            case HUB ->
                EmbeddedDemo.names().contains(ref.id())
                        ? AdapterOrigin.Freshness.FOREVER
                        : AdapterOrigin.Freshness.ASK_AGAIN_LATER;
            case S3, PBASE -> AdapterOrigin.Freshness.ASK_AGAIN_LATER;
        };
        // what comes with the program is the same for every caller
        Asker known = freshness == AdapterOrigin.Freshness.FOREVER
                ? new Asker(Credential.NONE, asker.policy(), asker.progress())
                : asker;
        return new SourceOrigin(from, ref, known, freshness);
    }

    /** A hub's name may end in {@code @revision}. */
    private static FileRef reference(AdapterSource source, String id) {
        int at = id.lastIndexOf('@');
        return source == AdapterSource.HUB && at > 0
                ? new FileRef(source, id.substring(0, at), Optional.of(id.substring(at + 1)))
                : FileRef.of(source, id);
    }

    @Override
    public void close() {
        hubSource.close();
    }
}
