package dev.gorgon.client;

/** What the events of a stream mean. */
interface EventFormat<T> {

    /**
     * An event.
     *
     * @throws dev.gorgon.client.error.GorgonException if it says that the generation failed
     * @throws dev.gorgon.client.json.JsonException if it is something else
     */
    T read(String data);

    /** Whether the stream is complete with this event. */
    boolean isLast(T event);
}
