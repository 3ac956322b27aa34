package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.engine.adapter.RegistryHooks;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.kernels.BackgroundPriority;
import java.nio.file.Path;

/** A folder that stays as it is, for benches. */
record FolderOrigin(Path path) implements AdapterOrigin {

    @Override
    public Name name() {
        return new Name("local", path.toString(), "", "");
    }

    @Override
    public Freshness freshness() {
        return Freshness.FOREVER;
    }

    @Override
    public Version locate() {
        return new Version(path.toString(), "", false);
    }

    @Override
    public LoadPolicy policy() {
        return LoadPolicy.DYNAMIC;
    }

    @Override
    public Path fetch(Version version) {
        return path;
    }

    /** What a server's registry does besides its work. */
    static RegistryHooks hooks(Engine engine) {
        return new RegistryHooks(
                BackgroundPriority.threads("gorgon-adapter-"),
                () -> engine.stats().running() > 0,
                slot -> {});
    }
}
