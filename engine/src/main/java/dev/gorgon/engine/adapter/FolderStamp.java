package dev.gorgon.engine.adapter;

import dev.gorgon.engine.weights.WeightFiles;
import dev.gorgon.engine.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The state of the files that make up an adapter, found without reading them. While two stamps of a folder are equal, its content
 * is; so a caller that finds the stamp of an identity unchanged after loading has loaded what was hashed.
 */
public final class FolderStamp {

    private final List<FileStamp> files;

    private FolderStamp(List<FileStamp> files) {
        this.files = List.copyOf(files);
    }

    /**
     * The present state of an adapter's configuration and weight files. Takes one listing of the folder and a look at each file.
     *
     * @throws AdapterException if the folder holds no adapter
     */
    public static FolderStamp of(Path folder) {
        List<Path> paths = new ArrayList<>(AdapterFolder.configFiles(folder));
        try {
            paths.addAll(WeightFiles.ofAdapter(folder));
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        }
        List<FileStamp> files = new ArrayList<>();
        for (Path path : paths) {
            try {
                files.add(FileStamp.of(path));
            } catch (IOException e) {
                throw new AdapterException("cannot read " + path + ": " + WeightFiles.reason(e), e);
            }
        }
        files.sort(Comparator.comparing(FileStamp::name));
        return new FolderStamp(files);
    }

    /** The stamps of the files, sorted by name. */
    List<FileStamp> files() {
        return files;
    }

    /** Bytes of all files together. */
    public long bytes() {
        return files.stream().mapToLong(FileStamp::size).sum();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FolderStamp stamp && files.equals(stamp.files);
    }

    @Override
    public int hashCode() {
        return files.hashCode();
    }

    @Override
    public String toString() {
        return files.toString();
    }
}
