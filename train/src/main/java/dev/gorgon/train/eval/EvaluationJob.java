package dev.gorgon.train.eval;

import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.kernels.WeightFormat;
import dev.gorgon.train.data.ReadSettings;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** What is to be evaluated, on what, and how. */
public record EvaluationJob(Model model, Heads heads, Data data, Settings settings, Machine machine) {

    /**
     * The base model.
     *
     * @param name it is served under
     * @param template turns conversations into prompts, as the server does
     */
    public record Model(String name, Path folder, ChatTemplate template) {}

    /**
     * What guesses.
     *
     * @param name for reports
     * @param folder of the adapter with the heads
     * @param lora folder of a LoRA that answers; empty for that of the adapter, or none
     */
    public record Heads(String name, Path folder, Optional<Path> lora) {}

    /**
     * Conversations whose questions are answered.
     *
     * @param ids of those that count; empty for all
     * @param limit conversations at most
     */
    public record Data(Path file, ReadSettings reading, Set<String> ids, int limit) {
        public Data {
            ids = Set.copyOf(ids);
        }
    }

    /**
     * How.
     *
     * @param maxTokens of an answer at most
     * @param runs repetitions of the measurement; 0 leaves it out
     * @param measured prompts that are measured at most, taken evenly
     */
    public record Settings(int maxTokens, int runs, int measured) {
        public Settings {
            if (maxTokens < 2 || runs < 0 || measured < 1) {
                throw new EvaluationException(
                        "--max-tokens must be at least 2, --runs at least 0 and --measured at least 1");
            }
        }
    }

    /** The arithmetic, as in the server. */
    public record Machine(String kernels, WeightFormat format, int threads) {}
}
