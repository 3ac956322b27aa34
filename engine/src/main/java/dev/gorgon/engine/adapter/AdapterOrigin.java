package dev.gorgon.engine.adapter;

import java.nio.file.Path;

/**
 * Where one asker gets an adapter from. Implemented outside of the engine, which knows no network. {@link #locate} and
 * {@link #fetch} block; the registry calls them on threads of their own.
 */
public interface AdapterOrigin {

    /** What tells this asker's adapter from others: only equal names share what is known of them. */
    Name name();

    /** How long an answer of {@link #locate} can be believed. */
    Freshness freshness();

    /** What this asker may load. */
    LoadPolicy policy();

    /**
     * Asks the source what the name stands for now, and whether this asker may have it.
     *
     * @throws AdapterException if there is no such adapter, the asker may not have it, or the source cannot be asked
     */
    Version locate();

    /**
     * Brings the files of a version here.
     *
     * @return the folder they are in
     * @throws AdapterException if they cannot be had
     */
    Path fetch(Version version);

    /**
     * A name with its scope.
     *
     * @param source {@code hub}, {@code local}, {@code s3} or {@code pbase}
     * @param id the adapter's name there
     * @param revision branch, tag or commit; empty for the default
     * @param scope tells askers with different credentials apart without revealing them; empty for those without
     */
    record Name(String source, String id, String revision, String scope) {}

    /**
     * What a name stands for.
     *
     * @param id names the content at the source: one version never has two contents
     * @param revision the part of it that belongs to the adapter's identity: a commit; empty where there are none
     * @param restricted whether only some askers may have it
     */
    record Version(String id, String revision, boolean restricted) {}

    /** How long the answer of a source can be believed. */
    enum Freshness {
        /** Asking is cheap, and answers change under our hands: a folder. */
        ASK_ALWAYS,
        /** Asking takes a network. */
        ASK_AGAIN_LATER,
        /** It never changes: what comes with the program. */
        FOREVER
    }
}
