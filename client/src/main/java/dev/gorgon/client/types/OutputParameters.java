package dev.gorgon.client.types;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the answer contains. Null stands for what is not sent. */
record OutputParameters(
        boolean returnFullText,
        boolean details,
        boolean decoderInputDetails,
        @Nullable Integer returnKAlternatives,
        @Nullable ResponseFormat responseFormat) {

    OutputParameters {
        Rules.refuseIf(!Rules.atLeastOne(returnKAlternatives), "`return_k_alternatives` must be strictly positive");
    }

    void into(Map<String, Object> members) {
        members.put("return_full_text", returnFullText);
        members.put("details", details);
        members.put("decoder_input_details", decoderInputDetails);
        Rules.put(members, "return_k_alternatives", returnKAlternatives);
        Rules.put(members, "response_format", responseFormat == null ? null : responseFormat.json());
    }
}
