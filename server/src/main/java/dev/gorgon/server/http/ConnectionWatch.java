package dev.gorgon.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sits next to the socket of one connection, below TLS and HTTP, from the moment it is accepted. Confined to the event loop.
 *
 * <p>It closes a connection on which no request is being answered for too long, whatever bytes trickle in: before the first
 * complete head, and between an answer and the next complete head.
 *
 * <p>It goes on reading, up to a bound, when HTTP wants nothing more because a pipelined request has to wait: only who reads
 * learns that the client has left.
 */
final class ConnectionWatch extends ChannelDuplexHandler {
    static final AttributeKey<ConnectionWatch> KEY = AttributeKey.valueOf(ConnectionWatch.class, "watch");

    private static final int MAX_BYTES_AHEAD = 64 * 1024;

    private final long headNanos;
    private final long idleNanos;
    private final Queue<Object> ahead = new ArrayDeque<>();
    private int bytesAhead;
    /** Somebody above asked for a message and got none since. */
    private boolean wanted;

    private boolean answering;
    private boolean delivering;
    private int answers;
    private boolean served;
    private long idleSince;
    private long unsentBytes;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> timer;

    ConnectionWatch(Duration head, Duration idle) {
        this.headNanos = head.toNanos();
        this.idleNanos = idle.toNanos();
    }

    void requestBegan() {
        if (!served) {
            served = true;
            disarm();
            arm(context(), idleNanos);
        }
    }

    void answerBegan() {
        answers++;
    }

    void answerEnded() {
        answers--;
        idleSince = System.nanoTime();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not in a pipeline");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        idleSince = System.nanoTime();
        arm(ctx, headNanos);
        ctx.fireChannelActive();
    }

    private void arm(ChannelHandlerContext ctx, long nanos) {
        timer = ctx.executor().schedule(() -> check(ctx), nanos, TimeUnit.NANOSECONDS);
    }

    private void disarm() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void check(ChannelHandlerContext ctx) {
        long now = System.nanoTime();
        if (isBusy(ctx) || isReading(ctx)) {
            idleSince = now;
        }
        long left = (served ? idleNanos : headNanos) - (now - idleSince);
        if (left > 0) {
            arm(ctx, left);
        } else {
            ctx.close(); // from here, not through the pipeline, which would wait for the client to read a farewell
        }
    }

    private boolean isBusy(ChannelHandlerContext ctx) {
        Http2ConnectionHandler http2 = ctx.pipeline().get(Http2ConnectionHandler.class);
        return answers > 0 || (http2 != null && http2.connection().numActiveStreams() > 0);
    }

    /** Whether the client took some of a long answer since the last look. */
    private boolean isReading(ChannelHandlerContext ctx) {
        ChannelOutboundBuffer unsent = ctx.channel().unsafe().outboundBuffer();
        long bytes = unsent == null ? 0 : unsent.totalPendingWriteBytes();
        boolean fewer = bytes > 0 && bytes != unsentBytes;
        unsentBytes = bytes;
        return fewer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (ahead.isEmpty() && (wanted || answering || ctx.channel().config().isAutoRead())) {
            answering |= wanted; // what else arrives with it is part of the answer to the same wish
            wanted = false; // a wish that is made meanwhile is a new one, and outlives this arrival
            ctx.fireChannelRead(message);
        } else {
            ahead.add(message);
            bytesAhead += size(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        answering = false;
        ctx.fireChannelReadComplete();
        readAhead(ctx);
    }

    /** Somebody above wants more: all there is if reading is on, else one message. */
    @Override
    public void read(ChannelHandlerContext ctx) {
        wanted = true;
        if (delivering) {
            return; // somebody who was given a message asks for the next: the loop below goes on
        }
        delivering = true;
        while (!ahead.isEmpty() && (wanted || ctx.channel().config().isAutoRead())) {
            wanted = false;
            Object message = ahead.remove();
            bytesAhead -= size(message);
            ctx.fireChannelRead(message);
            ctx.fireChannelReadComplete(); // may turn reading on or off
        }
        delivering = false;
        if (ctx.channel().config().isAutoRead() || wanted) {
            ctx.read();
        } else {
            readAhead(ctx);
        }
    }

    private void readAhead(ChannelHandlerContext ctx) {
        if (!ctx.channel().config().isAutoRead() && bytesAhead < MAX_BYTES_AHEAD) {
            ctx.read();
        }
    }

    private static int size(Object message) {
        return message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
    }

    private void drop() {
        disarm();
        ahead.forEach(ReferenceCountUtil::release);
        ahead.clear();
        bytesAhead = 0;
    }
}
