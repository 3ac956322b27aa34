package dev.gorgon.engine.adapter;

import dev.gorgon.engine.model.ModelConfig;

/**
 * The adapter and the model that have to fit each other.
 *
 * @param adapter the adapter's name
 * @param trainedFor the model that the adapter names as its base; empty if it names none
 * @param served name of the served model
 * @param model its shape
 */
record ModelFit(String adapter, String trainedFor, String served, ModelConfig model) {

    /** What to throw when a shape says that the adapter was made for another model. */
    AdapterException mismatch(String what) {
        String remedy = trainedFor.isEmpty() || trainedFor.equals(served)
                ? "Use the model it was trained for."
                : "It was trained for '" + trainedFor + "'; use --model-id '" + trainedFor + "' instead.";
        return new AdapterException(
                AdapterException.Code.INCOMPATIBLE_ADAPTER,
                "Adapter '" + adapter + "' is not compatible with model '" + served + "': " + what + ". " + remedy);
    }
}
