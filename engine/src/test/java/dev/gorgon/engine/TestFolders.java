package dev.gorgon.engine;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Folders among the test resources. */
public final class TestFolders {

    private TestFolders() {}

    /** The folder of a resource. */
    public static Path resource(String file) {
        URL url = TestFolders.class.getResource(file);
        if (url == null) {
            throw new IllegalArgumentException("no resource " + file);
        }
        try {
            return Path.of(url.toURI()).resolveSibling(".").normalize();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(file, e);
        }
    }
}
