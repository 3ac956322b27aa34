package dev.gorgon.client;

/** Events as LoRAX writes them. */
final class Events {
    private Events() {}

    static String token(int id, String text) {
        return "data: {\"token\":{\"id\":" + id + ",\"text\":\"" + text
                + "\",\"logprob\":-0.5,\"special\":false,\"skipped\":false},\"generated_text\":null,\"details\":null}\n\n";
    }

    static String last(int id, String text) {
        return "data: {\"token\":{\"id\":" + id
                + ",\"text\":\"</s>\",\"logprob\":-0.25,\"special\":true,\"skipped\":true},\"generated_text\":\"" + text
                + "\",\"details\":{\"finish_reason\":\"eos_token\",\"prompt_tokens\":9,\"generated_tokens\":3,"
                + "\"seed\":18446744073709551615}}\n\n";
    }

    static String error(String message, String type) {
        return "data: {\"error\":\"" + message + "\",\"error_type\":\"" + type + "\"}\n\n";
    }
}
