package dev.gorgon.hub.huggingface;

/**
 * Bounds of downloads.
 *
 * @param parallelFiles files that arrive at the same time
 * @param adapterBytes an adapter with more is refused before anything is downloaded
 */
public record DownloadLimits(int parallelFiles, long adapterBytes) {

    /** Adapters larger than this are whole models by mistake. */
    public static final DownloadLimits DEFAULT = new DownloadLimits(8, 8L << 30);
}
