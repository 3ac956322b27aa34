package dev.gorgon.train.heads;

import dev.gorgon.kernels.TrainingKernels;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A small training on the demonstration model; every part can be changed. */
final class TestJob {

    final Path output;
    SampleSource samples;
    SampleSplit split = new SampleSplit(Set.of(), 0.2, 1);
    Optional<Path> adapter = Optional.empty();
    Optional<Path> initFrom = Optional.empty();
    Optional<Path> cache = Optional.empty();
    int heads = 2;
    int layers = 1;
    int version = 2;
    int threads = 2;
    long steps = 12;
    double rate = 3e-3;
    long seed = 42;
    int patience;
    boolean resume;
    boolean overwrite;
    BatchSize batch = new BatchSize(BatchSize.Unit.POSITIONS, 200);

    TestJob(Path output, SampleSource samples) {
        this.output = output;
        this.samples = samples;
    }

    TrainingReport run(TrainingListener listener) {
        return HeadTraining.run(job(), listener);
    }

    TrainingReport run() {
        return run(new TrainingListener() {});
    }

    private TrainingJob job() {
        return new TrainingJob(
                new TrainingJob.Base("stheno-8m", DemoSamples.MODEL, adapter),
                new TrainingJob.Heads(heads, layers, version, initFrom),
                new TrainingJob.Data(samples, split, Optional.empty(), 512),
                new TrainingSettings(
                        new TrainingSettings.Length(1, steps),
                        batch,
                        new TrainingSettings.Rate(rate, LearningRate.Schedule.COSINE, 0, 2),
                        new TrainingKernels.Adam(0.9, 0.98, 1e-8, 0.01),
                        1,
                        0.8,
                        seed,
                        new Interval(Interval.Unit.STEPS, 5),
                        new Interval(Interval.Unit.STEPS, 3),
                        new Interval(Interval.Unit.STEPS, 4),
                        patience),
                new TrainingJob.Folders(output, cache, resume, overwrite, false),
                new TrainingJob.Machine("auto", WeightFormat.BF16, threads),
                Map.of("learning_rate", String.valueOf(rate)));
    }
}
