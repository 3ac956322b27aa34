package dev.gorgon.engine.adapter;

import java.nio.file.Path;

/**
 * Loads the adapter in a folder, if the folder still holds what was hashed.
 *
 * @param policy what the asker may load
 * @param stamp the state of its files when they were hashed
 */
record FolderRecipe(AdapterLoader loader, String name, LoadPolicy policy, Path folder, FolderStamp stamp)
        implements AdapterRecipe {

    @Override
    public Adapter load() {
        requireUnchanged();
        Adapter adapter = loader.load(name, folder, policy);
        try {
            requireUnchanged();
            return adapter;
        } catch (AdapterException e) {
            adapter.close();
            throw e;
        }
    }

    /**
     * @throws AdapterException if the folder holds something else by now
     */
    void requireUnchanged() {
        if (!FolderStamp.of(folder).equals(stamp)) {
            throw new AdapterException(
                    AdapterException.Code.ADAPTER_UNAVAILABLE,
                    "the files of adapter " + name + " have changed since it was asked for; ask again");
        }
    }
}
