package dev.gorgon.server.metrics;

import dev.gorgon.server.Inference;
import dev.gorgon.server.ServerConfig;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that one server counts.
 *
 * @param requests LoRAX's families of requests
 * @param latencies what clients wait for
 * @param exposition shows all of it
 */
public record ServerMetrics(RequestMetrics requests, Latencies latencies, Exposition exposition) {

    /** @param more what other parts of the server count */
    public static ServerMetrics of(ServerConfig config, Inference inference, Collector... more) {
        RequestMetrics requests = new RequestMetrics(config.limits());
        Latencies latencies = new Latencies();
        AdapterSnapshot adapters = new AdapterSnapshot(inference.adapters());
        String model = config.model().id();
        List<Collector> all = new ArrayList<>(List.of(
                requests,
                new BatchMetrics(inference.meters(), inference::stats),
                new EngineMetrics(inference.meters(), inference::stats),
                latencies,
                new AdapterMetrics(inference.adapters(), adapters),
                new RouterMetrics(inference, adapters, model, Clock.systemUTC()),
                new VllmMetrics(inference.meters(), inference::stats, latencies, model),
                new ProcessMetrics()));
        all.addAll(List.of(more));
        return new ServerMetrics(requests, latencies, new Exposition(all));
    }
}
