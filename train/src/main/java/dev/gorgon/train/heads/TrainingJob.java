package dev.gorgon.train.heads;

import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * All that a training needs.
 *
 * @param base the model
 * @param heads how many heads of which kind
 * @param data what is trained on and what is held out
 * @param settings how
 * @param folders where things are written
 * @param machine what computes
 * @param command what was asked for, by flag: for training.json and the model card
 */
public record TrainingJob(
        Base base,
        Heads heads,
        Data data,
        TrainingSettings settings,
        Folders folders,
        Machine machine,
        Map<String, String> command) {

    /**
     * The frozen model.
     *
     * @param name as it was asked for; becomes {@code base_model_name_or_path}
     * @param folder of its files
     * @param adapter folder of a LoRA on top of it, copied into the result
     */
    public record Base(String name, Path folder, Optional<Path> adapter) {}

    /**
     * The heads.
     *
     * @param version 2 for the base model's LM head, 1 for LM heads of their own
     * @param initFrom adapter folder whose heads training begins with
     */
    public record Heads(int count, int layers, int version, Optional<Path> initFrom) {}

    /**
     * The data.
     *
     * @param samples of all conversations
     * @param split which of them are held out
     * @param evaluation further conversations that are evaluated only
     * @param maxLength tokens of the longest sample
     */
    public record Data(SampleSource samples, SampleSplit split, Optional<SampleSource> evaluation, int maxLength) {}

    /**
     * Folders.
     *
     * @param output of the adapter
     * @param cache of hidden states; empty for one beside the checkpoint that is removed in the end
     * @param resume whether a training that was interrupted in the output folder goes on
     * @param overwriteOutput whether the output folder may hold something else already
     * @param overwriteCache whether the cache may hold states of something else
     */
    public record Folders(
            Path output, Optional<Path> cache, boolean resume, boolean overwriteOutput, boolean overwriteCache) {}

    /**
     * What computes.
     *
     * @param kernels choice of {@link dev.gorgon.kernels.KernelProviders#select}
     * @param format of the base model's weights, as it will be served
     */
    public record Machine(String kernels, WeightFormat format, int threads) {}
}
