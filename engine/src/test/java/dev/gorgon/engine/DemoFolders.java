package dev.gorgon.engine;

import dev.gorgon.demo.EmbeddedDemo;
import java.nio.file.Path;

/** Folders of the demonstration model. */
public final class DemoFolders {

    private DemoFolders() {}

    public static Path folder(String name) {
        return EmbeddedDemo.folder(name).orElseThrow(() -> new IllegalArgumentException("no demo folder " + name));
    }
}
