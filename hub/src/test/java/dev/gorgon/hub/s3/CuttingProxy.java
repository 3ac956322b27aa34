package dev.gorgon.hub.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Passes TCP connections on to a server and cuts some of them in the middle of the answer. */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final int target;
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicLong passed = new AtomicLong();
    private volatile long cutAfter;
    private volatile Duration pause = Duration.ZERO;

    CuttingProxy(int target) throws IOException {
        this.target = target;
        threads.submit(() -> {
            while (true) {
                Socket client = door.accept();
                threads.submit(() -> pass(client));
            }
        });
    }

    int port() {
        return door.getLocalPort();
    }

    /** The next answers that are longer than this are cut there, so many times. */
    void cut(long afterBytes, int times) {
        cutAfter = afterBytes;
        cuts.set(times);
    }

    /** From now on answers come in pieces of 8 KiB at most, with this pause after each. */
    void slow(Duration pause) {
        this.pause = pause;
    }

    /** Bytes that went to clients so far. */
    long passed() {
        return passed.get();
    }

    int cutsLeft() {
        return cuts.get();
    }

    private Void pass(Socket client) throws IOException, InterruptedException {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            AtomicLong answered = new AtomicLong();
            threads.submit(() -> ask(client.getInputStream(), server.getOutputStream(), answered));
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                long carried = answered.getAndAdd(n);
                if (carried + n > cutAfter && cuts.get() > 0 && cuts.getAndDecrement() > 0) {
                    int part = (int) Math.max(0, cutAfter - carried);
                    out.write(buffer, 0, part);
                    passed.addAndGet(part);
                    return null;
                }
                out.write(buffer, 0, n);
                passed.addAndGet(n);
                Thread.sleep(pause);
            }
        }
        return null;
    }

    /** Each request begins a new count. */
    private static Void ask(InputStream in, OutputStream out, AtomicLong answered) throws IOException {
        byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            answered.set(0);
            out.write(buffer, 0, n);
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        door.close();
        threads.shutdownNow();
    }
}
