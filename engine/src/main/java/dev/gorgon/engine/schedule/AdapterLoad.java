package dev.gorgon.engine.schedule;

/**
 * What waits and runs for one adapter.
 *
 * @param identity the adapter's identity; empty for the base model
 * @param name a name of the adapter; empty for the base model
 * @param waiting requests that wait, preempted sequences included
 * @param running sequences that hold key/value blocks
 */
public record AdapterLoad(String identity, String name, int waiting, int running) {}
