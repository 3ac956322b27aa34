package dev.gorgon.server.generate;

import dev.gorgon.server.http.Lifecycle;

/**
 * What decides whether one more request is taken, and knows those that were. One per server.
 *
 * @param permits by number
 * @param queue by tokens
 * @param requests those that are being served
 * @param lifecycle whether any is taken at all
 */
public record Intake(Permits permits, QueuedTokens queue, LiveRequests requests, Lifecycle lifecycle) {}
