package dev.gorgon.engine.adapter;

/** How the weights of one slot are brought into memory, as often as need be. */
interface AdapterRecipe {

    /**
     * Loads and validates the weights. Blocking; called off the engine thread.
     *
     * @throws AdapterException if they cannot be had
     */
    Adapter load();
}
