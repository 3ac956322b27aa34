package dev.gorgon.client.types;

/** Why a generation ended (LoRAX contract, section 1.7). */
public enum FinishReason {
    /** As many tokens as allowed were generated. */
    LENGTH,
    /** The model said it is done. */
    EOS_TOKEN,
    /** One of the request's stop sequences was generated. */
    STOP_SEQUENCE,
    /** A reason this client does not know. */
    OTHER;

    static FinishReason of(String word) {
        return switch (word) {
            case "length" -> LENGTH;
            case "eos_token" -> EOS_TOKEN;
            case "stop_sequence" -> STOP_SEQUENCE;
            default -> OTHER;
        };
    }
}
