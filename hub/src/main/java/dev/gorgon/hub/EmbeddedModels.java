package dev.gorgon.hub;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The models and adapters that travel inside the program, for demonstrations and tests. */
public interface EmbeddedModels {

    /** No embedded models at all. */
    EmbeddedModels NONE = new EmbeddedModels() {
        @Override
        public Optional<Path> folder(String name) {
            return Optional.empty();
        }

        @Override
        public List<String> names() {
            return List.of();
        }
    };

    /** A readable folder with the files of this model or adapter; empty if there is none of that name. */
    Optional<Path> folder(String name);

    /** All names, in the order to show them. */
    List<String> names();
}
