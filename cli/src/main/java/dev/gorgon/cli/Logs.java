package dev.gorgon.cli;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.util.concurrent.TimeUnit;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.LoggerFactory;

/**
 * How a server logs: from a thread of its own, so that a slow console never holds up requests — lines are dropped instead — and as
 * text or as one JSON object per line. The other commands log as {@code logback.xml} says.
 */
final class Logs {
    private static final int QUEUE = 8192;
    private static final int FLUSH_MILLIS = 1000;
    private static final String TEXT =
            "%d{HH:mm:ss.SSS} %-5level %msg%replace( %kvp{NONE}){'^ $', ''}%replace( request_id=%X{request_id}){' request_id=$', ''}%n";

    private Logs() {}

    /**
     * Logs of a server from now on, until the process ends.
     *
     * @param json whether lines are JSON objects: {@code timestamp}, {@code level}, {@code message}, {@code logger_name}, {@code
     *     thread_name}, {@code stack_trace}, and what belongs to the request, such as {@code request_id}, as fields of their own
     */
    static void forServer(boolean json) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Encoder<ILoggingEvent> encoder = json ? json(context) : text(context);
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        AsyncAppender async = new AsyncAppender();
        async.setContext(context);
        async.setName("server");
        async.setQueueSize(QUEUE);
        async.setDiscardingThreshold(0);
        async.setNeverBlock(true);
        async.setMaxFlushTime(FLUSH_MILLIS);
        async.addAppender(console);
        async.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(async);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(Logs::flush));
    }

    /** Waits until what was logged so far is written, for a second at most. */
    static void flush() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MILLIS);
        if (root.getAppender("server") instanceof AsyncAppender async) {
            try {
                while (async.getNumberOfElementsInQueue() > 0 && System.nanoTime() < end) {
                    TimeUnit.MILLISECONDS.sleep(5);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Encoder<ILoggingEvent> text(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(TEXT);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context) {
        LogstashEncoder encoder = new LogstashEncoder();
        encoder.setContext(context);
        encoder.setVersion(null);
        encoder.getFieldNames().setTimestamp("timestamp");
        encoder.getFieldNames().setVersion(null);
        encoder.getFieldNames().setLevelValue(null);
        encoder.start();
        return encoder;
    }
}
