package dev.gorgon.train.heads;

import java.util.Arrays;

/** Which positions an optimizer step covers: every epoch all of them once, in an order of its own. */
final class Batches {

    private final TrainingRows rows;
    private final BatchSize size;
    private final long seed;
    private final long units;

    /** @throws TrainingException if there is nothing to train on */
    Batches(TrainingRows rows, BatchSize size, long seed) {
        this.rows = rows;
        this.size = size;
        this.seed = seed;
        this.units = size.unit() == BatchSize.Unit.POSITIONS ? rows.positions() : rows.conversations();
        if (units == 0) {
            throw new TrainingException("no token of the data is a label, so there is nothing to train on: with"
                    + " --train_on assistant conversations need an assistant turn of several tokens");
        }
    }

    /** Optimizer steps of one epoch; the last one may be smaller. */
    long stepsPerEpoch() {
        return (units + size.count() - 1) / size.count();
    }

    /** Positions of a step, counted over all epochs. */
    long[] positions(long step) {
        long epoch = step / stepsPerEpoch();
        long first = step % stepsPerEpoch() * size.count();
        long end = Math.min(units, first + size.count());
        Shuffle shuffle = new Shuffle(units, seed, epoch);
        if (size.unit() == BatchSize.Unit.POSITIONS) {
            long[] positions = new long[Math.toIntExact(end - first)];
            Arrays.setAll(positions, i -> shuffle.at(first + i));
            return positions;
        }
        long[] positions = new long[1 << 10];
        int count = 0;
        for (long place = first; place < end; place++) {
            long conversation = shuffle.at(place);
            long last = rows.firstPosition(conversation + 1);
            for (long position = rows.firstPosition(conversation); position < last; position++) {
                positions = count == positions.length ? Arrays.copyOf(positions, 2 * count) : positions;
                positions[count++] = position;
            }
        }
        return Arrays.copyOf(positions, count);
    }
}
