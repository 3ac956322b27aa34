package dev.gorgon.hub.s3;

import dev.gorgon.hub.HubException;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one object into a folder. What arrives goes into {@code name.incomplete}; an attempt that breaks off goes on there, in this
 * process or a later one. Only a verified file gets its name.
 */
final class Download {
    private static final Logger log = LoggerFactory.getLogger(Download.class);
    private static final String PARTIAL = ".incomplete";
    private static final int BUFFER_BYTES = 1 << 17;
    /** So much makes an attempt a success even if it breaks off. */
    private static final long WORTHWHILE_BYTES = 1 << 20;
    /** An attempt that is slower on average, after a minute, is broken off. */
    private static final long LEAST_BYTES_PER_SECOND = 8 << 10;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long GRACE_SECONDS = 60;

    private final S3Store store;
    private final S3Settings.Patience patience;
    private final S3Address place;
    private final Progress progress;

    Download(S3Store store, S3Settings.Patience patience, S3Address place, Progress progress) {
        this.store = store;
        this.patience = patience;
        this.place = place;
        this.progress = progress;
    }

    /**
     * @param folder where the file is to be; nobody else writes there meanwhile
     * @throws IOException if this machine cannot store it
     * @throws InterruptedException between attempts
     */
    void run(StoredObject object, Path folder) throws IOException, InterruptedException {
        Path target = folder.resolve(object.name());
        if (Files.exists(target)) { // verified by an earlier process that did not get to the end of the folder
            progress.begin(object.name(), object.bytes(), object.bytes());
            progress.end(object.name());
            return;
        }
        Path partial = folder.resolve(object.name() + PARTIAL);
        Optional<Fingerprint> expected = store.fingerprint(place, object);
        if (expected.isEmpty()) {
            // A crash of the machine can leave holes in what an earlier process wrote, and nothing would show them.
            Files.deleteIfExists(partial);
        }
        boolean resumed = receive(object, partial);
        if (!matches(expected, partial)) {
            Files.delete(partial);
            // What an earlier process left was spoilt: once more, from the beginning.
            if (!resumed || receive(object, partial) || !matches(expected, partial)) {
                Files.deleteIfExists(partial);
                throw new HubException(
                        HubException.Code.DAMAGED,
                        "%s/%s arrived with another checksum than S3 announces; try again"
                                .formatted(place, object.name()));
            }
        }
        try (FileChannel file = FileChannel.open(partial, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        progress.end(object.name());
    }

    private static boolean matches(Optional<Fingerprint> expected, Path file) throws IOException {
        return expected.isEmpty() || expected.get().matches(file);
    }

    /** Returns whether a part was there already. */
    private boolean receive(StoredObject object, Path partial) throws IOException, InterruptedException {
        try (FileChannel file = FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (file.size() > object.bytes()) {
                file.truncate(0);
            }
            boolean resumed = file.size() > 0;
            progress.begin(object.name(), object.bytes(), file.size());
            int failures = 0;
            while (file.size() < object.bytes()) {
                long before = file.size();
                Optional<IOException> broken = attempt(object, file);
                if (broken.isEmpty()) {
                    break;
                }
                failures = file.size() - before >= WORTHWHILE_BYTES ? 1 : failures + 1;
                log.info(
                        "{}/{} broke off after {} of {} bytes: {}",
                        place,
                        object.name(),
                        file.size(),
                        object.bytes(),
                        broken.get().getMessage());
                if (failures >= patience.attempts()) {
                    throw new HubException(
                            HubException.Code.UNREACHABLE,
                            "%s/%s broke off after %d of %d bytes, %d times; what is there is kept, so try again later"
                                    .formatted(place, object.name(), file.size(), object.bytes(), failures),
                            broken.get());
                }
                Thread.sleep(patience.pause(failures));
            }
            return resumed;
        }
    }

    /** Returns what went wrong on the way; failures of this machine's disk are thrown. */
    private Optional<IOException> attempt(StoredObject object, FileChannel file) throws IOException {
        S3Store.Body body = store.open(place, object, file.size());
        if (body.start() != file.size()) {
            file.truncate(body.start());
            progress.begin(object.name(), object.bytes(), body.start());
        }
        file.position(body.start());
        byte[] buffer = new byte[BUFFER_BYTES];
        long began = System.nanoTime();
        long received = 0;
        try (var stream = body.stream()) {
            while (file.position() < object.bytes()) {
                int count;
                try {
                    count = stream.read(buffer, 0, (int) Math.min(buffer.length, object.bytes() - file.position()));
                    if (count < 0) {
                        throw new IOException("the connection ended early");
                    }
                    received += count;
                    checkSpeed(began, received);
                } catch (IOException e) {
                    return Optional.of(e);
                }
                write(file, ByteBuffer.wrap(buffer, 0, count));
                progress.advance(object.name(), count);
            }
        }
        return Optional.empty();
    }

    private static void checkSpeed(long beganNanos, long received) throws IOException {
        long seconds = (System.nanoTime() - beganNanos) / NANOS_PER_SECOND - GRACE_SECONDS;
        if (seconds > 0 && received < seconds * LEAST_BYTES_PER_SECOND) {
            throw new IOException("less than %d bytes a second arrive".formatted(LEAST_BYTES_PER_SECOND));
        }
    }

    private static void write(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }
}
