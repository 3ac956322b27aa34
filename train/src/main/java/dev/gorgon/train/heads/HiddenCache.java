package dev.gorgon.train.heads;

import dev.gorgon.engine.schedule.HiddenStates;
import dev.gorgon.train.data.Sample;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * A folder of hidden states: shards of the conversations to train on and of those that are held out, and what they were computed
 * from. States of anything else are refused; an interrupted computation goes on at its last complete shard. One process at a time.
 */
final class HiddenCache implements AutoCloseable {

    /** Changes whenever other states would be computed from the same inputs, or stored otherwise. */
    static final int FORMAT = 2;

    private static final String DESCRIPTION = "states.json";
    private static final long SHARD_BYTES = 64L << 20;

    private final Path folder;
    private final HeadShape shape;
    private final FileChannel lockFile;
    private final long shardBytes;

    /** The conversations that are trained on, and those that are only evaluated. */
    enum Part {
        TRAIN,
        HELD_OUT;

        private String prefix() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Opens or begins a cache.
     *
     * @param fingerprint of all that decides about the states
     * @param overwrite whether states of something else are removed instead of refused
     * @throws TrainingException if it holds states of something else, or another process uses it
     */
    static HiddenCache open(Path folder, HeadShape shape, Map<String, String> fingerprint, boolean overwrite) {
        return open(folder, shape, fingerprint, overwrite, SHARD_BYTES);
    }

    static HiddenCache open(
            Path folder, HeadShape shape, Map<String, String> fingerprint, boolean overwrite, long shardBytes) {
        try {
            Files.createDirectories(folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            HiddenCache cache = new HiddenCache(folder, shape, lock, shardBytes);
            try {
                lock(lock, folder);
                cache.begin(fingerprint, overwrite);
            } catch (RuntimeException | IOException e) {
                lock.close();
                throw e;
            }
            return cache;
        } catch (IOException e) {
            throw AtomicFiles.failed("use", folder, e);
        }
    }

    private HiddenCache(Path folder, HeadShape shape, FileChannel lockFile, long shardBytes) {
        this.folder = folder;
        this.shape = shape;
        this.lockFile = lockFile;
        this.shardBytes = shardBytes;
    }

    private static void lock(FileChannel channel, Path folder) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(folder);
            }
        } catch (OverlappingFileLockException e) {
            throw inUse(folder);
        }
    }

    private static TrainingException inUse(Path folder) {
        return new TrainingException("another training uses the hidden states in " + folder
                + "; wait for it, or name another --hidden_cache");
    }

    private void begin(Map<String, String> fingerprint, boolean overwrite) throws IOException {
        Map<String, String> wanted = new TreeMap<>(fingerprint);
        wanted.put("format", String.valueOf(FORMAT));
        wanted.put("heads", String.valueOf(shape.heads()));
        Path description = folder.resolve(DESCRIPTION);
        if (Files.exists(description)) {
            Map<String, String> found = read(description);
            if (found.equals(wanted)) {
                return;
            }
            if (!overwrite) {
                throw new TrainingException("the hidden states in " + folder + " were computed from something else ("
                        + differences(found, wanted)
                        + "); name another --hidden_cache, or have them replaced with --overwrite_cache True");
            }
        }
        clear();
        AtomicFiles.write(
                description,
                JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(wanted));
    }

    private static Map<String, String> read(Path description) throws IOException {
        try {
            return JsonMapper.shared()
                    .readValue(Files.readString(description), new TypeReference<TreeMap<String, String>>() {});
        } catch (JacksonException e) {
            throw new TrainingException(description + " is damaged; remove the folder", e);
        }
    }

    private static String differences(Map<String, String> found, Map<String, String> wanted) {
        TreeSet<String> names = new TreeSet<>(found.keySet());
        names.addAll(wanted.keySet());
        names.removeIf(name -> wanted.getOrDefault(name, "").equals(found.getOrDefault(name, "")));
        return "another " + String.join(", another ", names);
    }

    /** Removes states, and nothing else. */
    private void clear() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.matches("(train|held-out)(-\\d+\\.states(\\.partial)?|\\.complete)")
                        || name.equals(DESCRIPTION)) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path shard(Part part, int number) {
        return folder.resolve("%s-%05d.states".formatted(part.prefix(), number));
    }

    private Path completion(Part part) {
        return folder.resolve(part.prefix() + ".complete");
    }

    /** Whether all states of a part are there. */
    boolean isComplete(Part part) {
        return Files.exists(completion(part));
    }

    private List<Path> shards(Part part) {
        List<Path> files = new ArrayList<>();
        while (Files.exists(shard(part, files.size()))) {
            files.add(shard(part, files.size()));
        }
        return files;
    }

    /** The states of a complete part. */
    StateCache states(Part part) {
        return new StateCache(shards(part), shape);
    }

    /**
     * Computes what is missing of a part.
     *
     * @param samples all samples of the part, from the first on
     * @param states what computes; asked for if there is something to compute
     * @param progress hears how many samples and positions are done
     */
    void complete(Part part, Iterator<Sample> samples, Supplier<HiddenStates> states, BiConsumer<Long, Long> progress) {
        if (isComplete(part)) {
            return;
        }
        long done;
        long positions;
        int shards;
        try (StateCache before = states(part)) {
            done = before.samples();
            positions = before.positions();
            shards = shards(part).size();
        }
        for (long i = 0; i < done && samples.hasNext(); i++) {
            samples.next();
        }
        if (samples.hasNext()) {
            try (StateWriter writer = new StateWriter(number -> shard(part, number), shards, shape, shardBytes)) {
                new Filler(writer, samples, done, positions, progress).run(states.get());
                writer.finish();
            }
        }
        AtomicFiles.write(completion(part), "");
    }

    /** Feeds samples to the model and states to a writer. */
    private final class Filler implements Iterator<int[]>, HiddenStates.Sink {
        private final StateWriter writer;
        private final Iterator<Sample> samples;
        private final BiConsumer<Long, Long> progress;
        /** Samples that were handed to the model and whose last state has not come yet. */
        private final Deque<Sample> waiting = new ArrayDeque<>();

        private long done;
        private long positions;
        private int first;

        Filler(
                StateWriter writer,
                Iterator<Sample> samples,
                long done,
                long positions,
                BiConsumer<Long, Long> progress) {
            this.writer = writer;
            this.samples = samples;
            this.done = done;
            this.positions = positions;
            this.progress = progress;
        }

        void run(HiddenStates states) {
            states.compute(this, this);
        }

        @Override
        public boolean hasNext() {
            return samples.hasNext();
        }

        @Override
        public int[] next() {
            Sample sample = samples.next();
            waiting.add(sample);
            return sample.tokens();
        }

        @Override
        public void accept(long sequence, int position, MemorySegment state) {
            Sample sample = waiting.element();
            if (position == 0) {
                first = writer.positions();
            }
            if (StateWriter.wanted(sample, position, shape.heads())) {
                writer.add(sample, position, state);
                positions++;
            }
            if (position == sample.tokens().length - 1) {
                waiting.remove();
                done++;
                writer.end(writer.positions() > first, first);
                progress.accept(done, positions);
            }
        }
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw AtomicFiles.failed("close", folder, e);
        }
    }

    /** Removes a cache that nobody asked to keep. */
    static void remove(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw AtomicFiles.failed("remove", folder, e);
        }
    }
}
