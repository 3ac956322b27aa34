package dev.gorgon.train.heads;

import dev.gorgon.train.data.Sample;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * Which conversations are held out: those that are named, and a share of the others by a hash of their ids, so that the same
 * conversation is always on the same side.
 *
 * @param heldOutIds conversations that must not be trained on
 * @param fraction share of the others that is held out
 * @param seed of the choice
 */
public record SampleSplit(Set<String> heldOutIds, double fraction, long seed) {

    public SampleSplit {
        heldOutIds = Set.copyOf(heldOutIds);
        if (!(fraction >= 0) || fraction >= 1) {
            throw new TrainingException("--eval_fraction must be at least 0 and below 1, got " + fraction);
        }
    }

    boolean isHeldOut(String id) {
        if (heldOutIds.contains(id)) {
            return true;
        }
        CRC32C hash = new CRC32C();
        hash.update((seed + ":" + id).getBytes(StandardCharsets.UTF_8));
        return hash.getValue() < fraction * (1L << 32);
    }

    /** Whether anything can be held out. */
    boolean holdsOut() {
        return !heldOutIds.isEmpty() || fraction > 0;
    }

    String fingerprint() {
        return fraction + " " + (fraction > 0 ? seed : 0) + " "
                + ContentHash.of(String.join("\n", new TreeSet<>(heldOutIds)));
    }

    /** The samples of one side. */
    Iterator<Sample> filter(Iterator<Sample> samples, boolean heldOut) {
        return new SearchingIterator<>() {
            @Override
            Optional<Sample> search() {
                while (samples.hasNext()) {
                    Sample sample = samples.next();
                    if (isHeldOut(sample.id()) == heldOut) {
                        return Optional.of(sample);
                    }
                }
                return Optional.empty();
            }
        };
    }
}
