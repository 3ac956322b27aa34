package dev.gorgon.engine;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Folders of the demonstration model, as the build lays them on the class path. */
public final class DemoFolders {

    private DemoFolders() {}

    public static Path folder(String name) {
        URL url = DemoFolders.class.getResource("/dev/gorgon/demo/" + name + "/config.json");
        if (url == null) {
            url = DemoFolders.class.getResource("/dev/gorgon/demo/" + name + "/adapter_config.json");
        }
        if (url == null || !url.getProtocol().equals("file")) {
            throw new IllegalStateException("the demo resources must be files; found " + name + " at " + url);
        }
        try {
            return Path.of(url.toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
