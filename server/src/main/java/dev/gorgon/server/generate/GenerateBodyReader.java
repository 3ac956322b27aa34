package dev.gorgon.server.generate;

import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.LengthFields;
import dev.gorgon.server.generate.GenerateBody.MergeFields;
import dev.gorgon.server.generate.GenerateBody.OutputFields;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import dev.gorgon.server.json.Fields;
import dev.gorgon.server.json.JsonText;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a generate request with LoRAX's typing rules (contract, sections 1.2 and 1.4). */
public final class GenerateBodyReader {
    private GenerateBodyReader() {}

    /**
     * The typed body.
     *
     * @throws dev.gorgon.server.json.BodyException if it is not JSON or a value has the wrong type
     */
    public static GenerateBody read(byte[] json) {
        Fields body = JsonText.parse(json, "GenerateRequest");
        String inputs = body.requiredString("inputs");
        Fields parameters = body.object("parameters", "GenerateParameters");
        GenerateBody read = new GenerateBody(
                inputs,
                adapter(parameters),
                sampling(parameters),
                length(parameters),
                output(parameters),
                body.flag("stream"));
        parameters.flag("apply_chat_template"); // typed, and ignored by LoRAX as well
        return read;
    }

    private static AdapterFields adapter(Fields parameters) {
        return new AdapterFields(
                parameters.optionalString("adapter_id"),
                parameters.optionalString("adapter_source"),
                merged(parameters.optionalObject("merged_adapters", "AdapterParameters")),
                parameters.optionalString("api_token"));
    }

    private static @Nullable MergeFields merged(@Nullable Fields merged) {
        return merged == null
                ? null
                : new MergeFields(
                        merged.requiredStrings("ids"),
                        merged.floats("weights"),
                        merged.optionalString("merge_strategy"),
                        merged.floatOr("density", 0),
                        merged.optionalString("majority_sign_method"));
    }

    private static SamplingFields sampling(Fields parameters) {
        return new SamplingFields(
                parameters.flag("do_sample"),
                parameters.optionalUint64("best_of", "usize"),
                parameters.optionalFloat("temperature"),
                parameters.optionalInt32("top_k"),
                parameters.optionalFloat("top_p"),
                parameters.optionalFloat("typical_p"),
                parameters.optionalFloat("repetition_penalty"),
                parameters.optionalFloat("frequency_penalty"),
                parameters.optionalFloat("presence_penalty"),
                parameters.flag("watermark"),
                parameters.optionalUint64("seed", "u64"));
    }

    private static LengthFields length(Fields parameters) {
        return new LengthFields(
                parameters.optionalUint32("max_new_tokens"),
                parameters.flag("ignore_eos_token"),
                parameters.strings("stop"),
                parameters.optionalUint64("truncate", "usize"),
                parameters.optionalUint32("speculative_tokens"));
    }

    private static OutputFields output(Fields parameters) {
        return new OutputFields(
                parameters.optionalFlag("return_full_text"),
                parameters.flag("details"),
                parameters.flag("decoder_input_details"),
                parameters.optionalInt32("return_k_alternatives"),
                constrained(parameters.optionalObject("response_format", "ResponseFormat")));
    }

    /** LoRAX ignores the type and goes by the schema alone; here a text is a text. */
    private static boolean constrained(@Nullable Fields format) {
        return format != null && !format.requiredString("type").equalsIgnoreCase("text");
    }
}
