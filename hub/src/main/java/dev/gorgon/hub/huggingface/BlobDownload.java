package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.huggingface.HubClient.Answer;
import dev.gorgon.hub.huggingface.HubClient.Question;
import dev.gorgon.hub.huggingface.RepoListing.RemoteFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one file of a commit into the cache. What has arrived stays in {@code TAG.incomplete} until it is whole and has the right
 * hash; only then does it become a blob, in one move. Whenever the process dies, the next attempt goes on from there.
 */
final class BlobDownload {
    private static final Logger LOG = LoggerFactory.getLogger(BlobDownload.class);
    private static final int BUFFER = 1 << 20;
    /** An attempt that brought as much counts as success, however it ended. */
    private static final long WORTHWHILE_BYTES = 8L << 20;

    /** What all downloads of a fetch have in common. */
    record Job(HubApi api, RepoName repo, RepoCache cache, Credential credential, Progress progress) {}

    private final Job job;
    private final RemoteFile file;
    private final Patience patience;
    private final Semaphore permits;

    BlobDownload(Job job, RemoteFile file, Patience patience, Semaphore permits) {
        this.job = job;
        this.file = file;
        this.patience = patience;
        this.permits = permits;
    }

    /**
     * Makes the file appear in the snapshot of the commit, which is the revision of the job's repository.
     *
     * @throws HubException if it cannot be had
     */
    void run(boolean symlinks) {
        RepoCache cache = job.cache();
        try {
            if (!hasSize(cache.snapshot(job.repo().revision()).resolve(file.path()))) {
                bring(cache, symlinks);
            }
        } catch (InterruptedIOException e) {
            throw interrupted(e);
        } catch (IOException e) {
            throw cache.storageFailure("'%s' of '%s'".formatted(file.path(), job.repo()), e);
        }
    }

    private void bring(RepoCache cache, boolean symlinks) throws IOException {
        try (CacheLock _ = CacheLock.acquire(cache.lock(file.tag()))) {
            boolean fresh = !hasSize(cache.blob(file.tag()));
            if (fresh) {
                download();
            }
            cache.link(job.repo().revision(), file.path(), file.tag(), symlinks, fresh);
        }
    }

    private boolean hasSize(Path path) throws IOException {
        return Files.isRegularFile(path) && Files.size(path) == file.size();
    }

    private void download() throws IOException {
        try {
            permits.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for other downloads");
        }
        try {
            Files.createDirectories(
                    Objects.requireNonNull(job.cache().blob(file.tag()).getParent()));
            Path incomplete = job.cache().incomplete(file.tag());
            if (!arrive(incomplete)) {
                LOG.warn("{} of {} has arrived damaged; fetching it once more", file.path(), job.repo());
                Files.deleteIfExists(incomplete);
                if (!arrive(incomplete)) {
                    Files.deleteIfExists(incomplete);
                    throw new HubException(
                            HubException.Code.DAMAGED,
                            "'%s' of '%s' has arrived damaged twice: its hash is not the one that the hub announces"
                                    .formatted(file.path(), job.repo()));
                }
            }
            RepoCache.moveInto(incomplete, job.cache().blob(file.tag()));
            job.progress().end(file.path());
        } finally {
            permits.release();
        }
    }

    /** Completes the file, over as many connections as patience has. @return whether it is what was announced */
    private boolean arrive(Path incomplete) throws IOException {
        try (FileChannel channel = FileChannel.open(
                incomplete, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.size() > file.size()) {
                channel.truncate(0);
            }
            Arrival arrival = new Arrival(channel);
            job.progress().begin(file.path(), file.size(), arrival.position);
            Patience.Failures failures = patience.new Failures();
            while (arrival.position < file.size()) {
                long before = arrival.position;
                try {
                    receive(arrival);
                } catch (TransientFailure e) {
                    if (arrival.position - before >= WORTHWHILE_BYTES) {
                        failures.forget();
                    }
                    LOG.debug("{}; {} of {} bytes are here", e.getMessage(), arrival.position, file.size());
                    failures.pauseAfter(e);
                }
            }
            channel.force(true);
            return arrival.hash.matches();
        }
    }

    /** The bytes that are here, and their hash. */
    private final class Arrival {
        final FileChannel channel;
        ContentHash hash;
        long position;

        /** Takes in what an earlier attempt has left. */
        Arrival(FileChannel channel) throws IOException {
            this.channel = channel;
            this.hash = ContentHash.start(file.tag(), file.size());
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            for (int read = channel.read(buffer, 0); read > 0; read = channel.read(buffer, position)) {
                hash.update(buffer.flip());
                position += read;
                buffer.clear();
            }
        }

        void append(ByteBuffer bytes) throws IOException {
            hash.update(bytes);
            int count = bytes.remaining();
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
            job.progress().advance(file.path(), count);
        }

        void restart() throws IOException {
            channel.truncate(0);
            hash = ContentHash.start(file.tag(), file.size());
            position = 0;
            job.progress().begin(file.path(), file.size(), 0);
        }
    }

    private void receive(Arrival arrival) throws TransientFailure, IOException {
        Question question = job.api().content(job.repo(), file.path(), job.credential(), arrival.position);
        HubClient client = job.api().client();
        try (Answer answer = client.ask(question)) {
            if (!continues(answer, arrival.position)) {
                arrival.restart(); // a server that knows no ranges, or another file than the one we know
                if (answer.status() != 200) {
                    throw damaged(question, "another range than the one asked for");
                }
            }
            for (Optional<List<ByteBuffer>> piece = next(answer, question);
                    piece.isPresent();
                    piece = next(answer, question)) {
                for (ByteBuffer bytes : piece.get()) {
                    if (bytes.remaining() > file.size() - arrival.position) {
                        arrival.restart();
                        throw damaged(question, "more bytes than announced");
                    }
                    arrival.append(bytes);
                }
            }
            if (arrival.position < file.size()) {
                throw client.unreachable(question, new IOException("the connection ended early"));
            }
        }
    }

    /** A broken connection is the hub's failure; a disk that cannot be written is ours. */
    private Optional<List<ByteBuffer>> next(Answer answer, Question question) throws TransientFailure, IOException {
        try {
            return answer.body().next();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw job.api().client().unreachable(question, e);
        }
    }

    private boolean continues(Answer answer, long position) {
        if (answer.status() == 206) {
            String range = answer.storeHeaders().firstValue("Content-Range").orElse("");
            return range.startsWith("bytes " + position + "-") && range.endsWith("/" + file.size());
        }
        return answer.status() == 200 && position == 0;
    }

    private static TransientFailure damaged(Question question, String what) {
        return new TransientFailure(new HubException(
                HubException.Code.DAMAGED, "The hub sends %s for %s".formatted(what, question.subject())));
    }

    private HubException interrupted(InterruptedIOException cause) {
        return new HubException(
                HubException.Code.UNREACHABLE,
                "The download of '%s' of '%s' was broken off".formatted(file.path(), job.repo()),
                cause);
    }
}
