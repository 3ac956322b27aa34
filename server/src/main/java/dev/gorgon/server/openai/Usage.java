package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.json.JsonOut;
import java.util.List;

/**
 * The tokens of one request.
 *
 * @param prompt of all prompts, each counted once
 * @param cached how many of them were not computed for the first completion of their prompt
 * @param completion of all completions, also of those that did not become choices
 */
record Usage(int prompt, int cached, int completion) {

    /** @param completions in order of the requests */
    static Usage of(OpenAiRequest request, Prepared prepared, List<Completion> completions) {
        int prompt = 0;
        int cached = 0;
        int generated = 0;
        for (int i = 0; i < completions.size(); i++) {
            Completion completion = completions.get(i);
            if (i % prepared.perPrompt() == 0) {
                prompt += completion.promptTokens();
                cached += completion.cachedPromptTokens();
            }
            generated += request.nothingGenerated() ? 0 : completion.generatedTokens();
        }
        return new Usage(prompt, cached, generated);
    }

    void write(JsonOut out) {
        out.object(() -> out.integer("prompt_tokens", prompt)
                .integer("completion_tokens", completion)
                .integer("total_tokens", (long) prompt + completion)
                .name("prompt_tokens_details")
                .object(() -> out.integer("cached_tokens", cached)));
    }
}
