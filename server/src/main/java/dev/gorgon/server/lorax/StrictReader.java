package dev.gorgon.server.lorax;

import dev.gorgon.server.generate.ChatPrompt;
import dev.gorgon.server.generate.GenerateBody;
import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.LengthFields;
import dev.gorgon.server.generate.GenerateBody.OutputFields;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.JsonText;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests of LoRAX's own version of OpenAI's API with LoRAX's typing rules, defaults and oddities (contract, sections
 * 1.9.1, 1.9.2 and 1.9.4): what it makes of them is a body of its native routes.
 */
final class StrictReader {
    private static final long UNSIGNED_32_BITS = 0xFFFF_FFFFL;

    private final String baseModel;

    StrictReader(String baseModel) {
        this.baseModel = baseModel;
    }

    /** A completion. Greedy by default; {@code n} means sampling, whatever its value. */
    GenerateBody completion(byte[] json) {
        Fields body = JsonText.parse(json, "CompletionRequest");
        AdapterFields adapter = adapter(body);
        String prompt = body.requiredString("prompt");
        boolean sample = body.optionalInt32("n") != null;
        boolean promptDetails = body.optionalInt32("logprobs") != null;
        return new GenerateBody(
                prompt,
                adapter,
                sampling(body, sample, unsigned(body.optionalInt32("best_of"))),
                lengths(body),
                new OutputFields(body.optionalFlag("echo"), true, promptDetails, null, false),
                Boolean.TRUE.equals(body.optionalFlag("stream")));
    }

    /**
     * A chat request.
     *
     * @param body what is generated; its inputs are those of the conversation, once that is rendered
     */
    record Chat(GenerateBody body, ChatPrompt prompt, boolean tools) {}

    /** A chat request. Samples unless the temperature is exactly 0; {@code n} is {@code best_of}. */
    Chat chat(byte[] json) {
        Fields body = JsonText.parse(json, "ChatCompletionRequest");
        AdapterFields adapter = adapter(body);
        Float temperature = body.optionalFloat("temperature");
        GenerateBody read = new GenerateBody(
                "",
                adapter,
                sampling(body, temperature == null || temperature != 0, unsigned(body.optionalInt32("n"))),
                lengths(body),
                new OutputFields(null, true, false, null, constrained(body)),
                Boolean.TRUE.equals(body.optionalFlag("stream")));
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        String guideline = body.optionalString(ChatPrompt.GUIDELINE);
        if (guideline != null) {
            variables.put(ChatPrompt.GUIDELINE, guideline);
        }
        variables.put(ChatPrompt.GENERATION_PROMPT, true);
        return new Chat(
                read,
                new ChatPrompt(StrictMessages.read(body), variables, false),
                !body.optionalObjects("tools", "Tool").isEmpty());
    }

    /** The base model by its own name is the base model; any other name is an adapter's. */
    private AdapterFields adapter(Fields body) {
        String model = body.requiredString("model");
        return new AdapterFields(
                model.equals(baseModel) ? "" : model,
                body.optionalString("adapter_source"),
                null,
                body.optionalString("api_token"));
    }

    private static SamplingFields sampling(Fields body, boolean sample, @Nullable Long bestOf) {
        return new SamplingFields(
                sample,
                bestOf,
                body.optionalFloat("temperature"),
                body.optionalInt32("top_k"),
                body.optionalFloat("top_p"),
                null,
                body.optionalFloat("repetition_penalty"),
                body.optionalFloat("frequency_penalty"),
                body.optionalFloat("presence_penalty"),
                false,
                body.optionalUint64("seed", "u64"));
    }

    private static LengthFields lengths(Fields body) {
        Integer maxTokens = body.optionalInt32("max_tokens");
        return new LengthFields(
                maxTokens == null ? null : maxTokens & UNSIGNED_32_BITS, // a negative number becomes a huge one
                Boolean.TRUE.equals(body.optionalFlag("ignore_eos_token")),
                body.strings("stop"),
                null,
                body.optionalUint32("speculative_tokens"));
    }

    private static boolean constrained(Fields body) {
        Fields format = body.optionalObject("response_format", "ResponseFormat");
        return format != null && !format.requiredString("type").equals("text");
    }

    private static @Nullable Long unsigned(@Nullable Integer value) {
        return value == null ? null : value.longValue();
    }
}
