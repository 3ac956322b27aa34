package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.Optional;

/**
 * What a server runs and allows (LoRAX contract, section 1.13).
 *
 * @param modelId the base model
 * @param modelSha its revision, if known
 * @param modelDtype the type of its weights
 * @param modelDeviceType where it runs
 * @param version of the server
 * @param limits of requests
 */
public record ServerInfo(
        String modelId,
        Optional<String> modelSha,
        String modelDtype,
        String modelDeviceType,
        String version,
        Limits limits) {

    /**
     * The largest values of requests.
     *
     * @param maxConcurrentRequests requests at once; more are answered with {@code overloaded}
     * @param maxBestOf texts of {@code bestOf}
     * @param maxStopSequences stop sequences
     * @param maxInputLength tokens of a prompt
     * @param maxTotalTokens tokens of prompt and text
     */
    public record Limits(
            int maxConcurrentRequests, int maxBestOf, int maxStopSequences, int maxInputLength, int maxTotalTokens) {}

    static ServerInfo read(JsonObject json) {
        return new ServerInfo(
                json.text("model_id"),
                json.optionalText("model_sha"),
                json.text("model_dtype"),
                json.text("model_device_type"),
                json.text("version"),
                new Limits(
                        json.integer("max_concurrent_requests"),
                        json.integer("max_best_of"),
                        json.integer("max_stop_sequences"),
                        json.integer("max_input_length"),
                        json.integer("max_total_tokens")));
    }
}
