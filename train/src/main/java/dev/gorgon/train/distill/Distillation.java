package dev.gorgon.train.distill;

import dev.gorgon.train.data.Conversation;
import dev.gorgon.train.data.Conversations;
import dev.gorgon.train.data.DataException;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes training data out of conversations or prompts: reads them once to know that all is well, then leads those that the output
 * does not hold yet, several at a time, and at last writes all of them as one array. What an answer is depends neither on the
 * order nor on how many are asked for at once. Memory depends on the number of conversations by 32 bytes each.
 */
public final class Distillation implements AutoCloseable {

    /** So many failures, and nothing but failures, mean that something is wrong with more than the conversations. */
    private static final int HOPELESS = 24;

    private final DistillSettings settings;
    private final Conversing conversing;
    private final OutputFile output;
    private final FailureFile failures;
    private final long total;
    private final long skipped;
    private final long before;
    private final Semaphore places;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    /** Failures since the last success. */
    private final AtomicLong inARow = new AtomicLong();

    private volatile @Nullable DataException fatal;
    private volatile long start;
    private volatile boolean stopped;

    private record Input(long total, long skipped, long before) {}

    private Distillation(DistillSettings settings, Answerer answerer, OutputFile output, Input input) {
        this.settings = settings;
        this.conversing = new Conversing(
                answerer, settings.run().cutAnswers(), settings.run().seed());
        this.output = output;
        this.failures = new FailureFile(settings.output().failures());
        this.total = input.total();
        this.skipped = input.skipped();
        this.before = input.before();
        this.places = new Semaphore(settings.run().concurrency());
    }

    /**
     * Reads the input and what is finished already.
     *
     * @throws DataException if the input cannot be used, the output not be written, or one not be continued with the other
     */
    public static Distillation open(DistillSettings settings, Answerer answerer) {
        Map<String, String> madeWith = new TreeMap<>(settings.madeWith());
        madeWith.put("seed", String.valueOf(settings.run().seed()));
        madeWith.put("on_cut", settings.run().cutAnswers().name().toLowerCase(Locale.ROOT));
        madeWith.put("input", InputHash.of(settings.input()));
        madeWith.put("input_format", settings.reading().form().name().toLowerCase(Locale.ROOT));
        settings.output().checkApartFrom(settings.input());
        OutputFile output = OutputFile.open(settings.output().lines());
        try {
            SettingsFile.check(
                    settings.output(),
                    output.isEmpty(),
                    settings.madeWith(),
                    settings.run().force());
            output.readBack();
            Input input = scan(settings, output);
            if (input.total() == 0) {
                throw new DataException(settings.input() + " holds no conversation"
                        + (input.skipped() == 0 ? "" : ": all " + input.skipped() + " rows are bad"));
            }
            return new Distillation(settings, answerer, output, input);
        } catch (RuntimeException e) {
            output.close();
            throw e;
        }
    }

    private static Input scan(DistillSettings settings, OutputFile output) {
        long count = 0;
        long before = 0;
        try (Conversations input = Conversations.open(settings.input(), settings.reading())) {
            while (count < settings.run().limit()) {
                Optional<Conversation> next = input.next();
                if (next.isEmpty()) {
                    break;
                }
                count++;
                before += output.contains(next.get().id()) ? 1 : 0;
            }
            return new Input(count, input.skipped(), before);
        }
    }

    /** The input again, without telling of its bad rows a second time. */
    private Conversations again() {
        ReadSettings reading = settings.reading();
        return Conversations.open(settings.input(), new ReadSettings(reading.form(), reading.onBad(), row -> {}));
    }

    /**
     * Leads all conversations that are not finished.
     *
     * @return whether it came to the end of the input, instead of being stopped; some may have failed
     * @throws DataException if the output cannot be written, or no answers are to be had at all
     */
    public boolean run() throws InterruptedException {
        start = System.nanoTime();
        try (Conversations input = again()) {
            for (long count = 0; count < total && !over(); count++) {
                Optional<Conversation> next = input.next();
                if (next.isEmpty()) {
                    break;
                }
                if (!output.contains(next.get().id())) {
                    begin(next.get());
                }
            }
            while (!over() && !places.tryAcquire(settings.run().concurrency(), 100, TimeUnit.MILLISECONDS)) {
                // waits for the last ones
            }
        } finally {
            end();
        }
        DataException failure = fatal;
        if (failure != null) {
            throw failure;
        }
        return !stopped;
    }

    private boolean over() {
        return stopped || fatal != null;
    }

    private void begin(Conversation conversation) throws InterruptedException {
        while (!places.tryAcquire(100, TimeUnit.MILLISECONDS)) {
            if (over()) {
                return;
            }
        }
        Thread thread = Thread.ofVirtual()
                .name("conversation-" + conversation.id())
                .unstarted(() -> {
                    try {
                        lead(conversation);
                    } finally {
                        running.remove(Thread.currentThread());
                        places.release();
                    }
                });
        running.add(thread);
        thread.start();
    }

    private void lead(Conversation conversation) {
        try {
            try {
                Finished finished = conversing.lead(conversation);
                output.append(finished);
                tokens.addAndGet(finished.tokens());
                done.incrementAndGet();
                inARow.set(0);
            } catch (AnswerException e) {
                fail(conversation, e);
            }
        } catch (DataException e) {
            end(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            end(new DataException("conversation " + conversation.id() + ": " + e, e));
        }
    }

    private void fail(Conversation conversation, AnswerException e) {
        if (over()) {
            return;
        }
        if (e.kind() == Kind.FATAL) {
            throw new DataException(e.problem(), e);
        }
        failures.add(conversation.id(), e.problem());
        failed.incrementAndGet();
        long failuresInARow = inARow.incrementAndGet();
        boolean nothingElse = done.get() == 0 || e.kind() == Kind.PASSING;
        if (nothingElse && failuresInARow >= Math.max(HOPELESS, settings.run().concurrency())) {
            throw new DataException(
                    "the last " + failuresInARow + " conversations all failed, the last with: " + e.problem(), e);
        }
    }

    /** The first failure that ends the run is the one to tell. */
    private synchronized void end(DataException failure) {
        if (fatal == null) {
            fatal = failure;
        }
    }

    /** Waits until nothing runs any more; what has not ended is given up. */
    private void end() {
        for (Thread thread : running) {
            thread.interrupt();
        }
        places.drainPermits();
        boolean interrupted = false;
        for (Thread thread : running) {
            try {
                thread.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets {@link #run} end soon; from any thread. */
    public void stop() {
        stopped = true;
    }

    /**
     * Writes the array that the training script of the Medusa repository reads: lists of messages, in the order of the input.
     *
     * @return how many there are
     * @throws DataException if it cannot be written
     */
    public long writeArray() {
        return MessageArray.write(settings.output().array(), this::again, total, output);
    }

    public Progress progress() {
        return new Progress(
                total, before, done.get(), failed.get(), tokens.get(), start == 0 ? 0 : System.nanoTime() - start);
    }

    /** Rows of the input that are no conversations. */
    public long skipped() {
        return skipped;
    }

    @Override
    public void close() {
        output.close();
    }
}
