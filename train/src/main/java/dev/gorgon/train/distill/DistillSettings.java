package dev.gorgon.train.distill;

import dev.gorgon.train.data.ReadSettings;
import java.nio.file.Path;
import java.util.Map;

/**
 * A run.
 *
 * @param input conversations or prompts
 * @param reading how they are read
 * @param output where to write
 * @param run how to go about it
 * @param madeWith what the answers depend on, by name; kept beside the output, which other settings may not continue
 */
public record DistillSettings(
        Path input, ReadSettings reading, OutputPaths output, Run run, Map<String, String> madeWith) {

    /**
     * How to go about it.
     *
     * @param seed of all sampling
     * @param concurrency conversations at once, at least 1
     * @param limit so many conversations of the input, from the first on
     * @param cutAnswers what to do with answers that are too long
     * @param force whether to continue an output that was made with other settings
     */
    public record Run(long seed, int concurrency, long limit, CutAnswers cutAnswers, boolean force) {
        public Run {
            if (concurrency < 1 || limit < 1) {
                throw new IllegalArgumentException("concurrency and limit must be at least 1");
            }
        }
    }

    public DistillSettings {
        madeWith = Map.copyOf(madeWith);
    }
}
