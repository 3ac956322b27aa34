package dev.gorgon.server.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.vertx.core.impl.transports.NioTransport;
import io.vertx.core.transport.Transport;
import java.util.List;

/** Vert.x's default transport, with a say in which connections are accepted: Vert.x itself only tells about them later. */
public final class AcceptingTransport implements Transport {
    private final Accepting accepting;

    public AcceptingTransport(Connections connections) {
        this.accepting = new Accepting(connections);
    }

    @Override
    public String name() {
        return "nio";
    }

    @Override
    public boolean available() {
        return true;
    }

    @Override
    @SuppressWarnings("NullAway") // Vert.x's documentation: no cause if it is available
    public Throwable unavailabilityCause() {
        return null;
    }

    @Override
    public io.vertx.core.spi.transport.Transport implementation() {
        return accepting;
    }

    private static final class Accepting extends NioTransport {
        private final Connections connections;

        Accepting(Connections connections) {
            this.connections = connections;
        }

        @Override
        public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
            return domainSocket ? super.serverChannelFactory(true) : () -> new Acceptor(connections);
        }
    }

    private static final class Acceptor extends NioServerSocketChannel {
        private final Connections connections;

        Acceptor(Connections connections) {
            this.connections = connections;
        }

        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int count = super.doReadMessages(accepted);
            if (count > 0 && accepted.getLast() instanceof Channel channel && !connections.tryOpen(channel)) {
                accepted.removeLast();
                channel.unsafe().closeForcibly();
                return 0; // the others in the backlog get their turn in the next round
            }
            return count;
        }
    }
}
