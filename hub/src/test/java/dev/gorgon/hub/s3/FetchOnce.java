package dev.gorgon.hub.s3;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.Progress;
import java.nio.file.Path;

/** A process that fetches one adapter, to be killed while it does. */
final class FetchOnce {
    private FetchOnce() {}

    /** @param arguments port of the server, folder of the cache, name of the adapter */
    public static void main(String[] arguments) {
        S3Settings settings = S3Server.settings(Integer.parseInt(arguments[0]));
        S3Source source =
                new S3Source(settings, Path.of(arguments[1]), () -> new S3Store(settings, S3Server.KEYS, 1000));
        FileRef ref = FileRef.of(AdapterSource.S3, arguments[2]);
        Progress loud = new Progress() {
            @Override
            public void begin(String file, long bytes, long present) {
                System.out.println("begin");
            }
        };
        source.fetch(source.locate(ref, Credential.NONE), Contents.ADAPTER, Credential.NONE, loud);
        System.out.println("done");
    }
}
