package dev.gorgon.server.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/** Counts what an exporter does, and says once when it begins to fail and once when it recovers. */
final class CountingExporter implements SpanExporter {
    private static final org.slf4j.Logger log = LoggerFactory.getLogger(CountingExporter.class);
    /** Held, because the logging of the JDK forgets settings of loggers that nobody holds. */
    private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

    private final SpanExporter sender;
    private final URI endpoint;
    private final LongAdder exported = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicBoolean failing = new AtomicBoolean();

    CountingExporter(SpanExporter sender, URI endpoint) {
        this.sender = sender;
        this.endpoint = endpoint;
    }

    /** The library would print every failure to the console, past the logs. */
    static void silenceLibrary() {
        LIBRARY.setLevel(Level.OFF);
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        CompletableResultCode result = sender.export(spans);
        result.whenComplete(() -> {
            if (result.isSuccess()) {
                exported.add(spans.size());
                if (failing.compareAndSet(true, false)) {
                    log.info("traces reach {} again", endpoint);
                }
            } else {
                failed.add(spans.size());
                if (failing.compareAndSet(false, true)) {
                    log.warn("traces do not reach {}; they are dropped until they do", endpoint);
                }
            }
        });
        return result;
    }

    long exported() {
        return exported.sum();
    }

    long failed() {
        return failed.sum();
    }

    @Override
    public CompletableResultCode flush() {
        return sender.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return sender.shutdown();
    }
}
