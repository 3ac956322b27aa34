package dev.gorgon.engine.model;

import dev.gorgon.engine.backend.SequenceRows;
import java.util.List;

/**
 * The rows of one step.
 *
 * @param tokens token of each row
 * @param sequences which rows belong to which sequence, covering all rows in order
 * @param logitRows rows whose logits are wanted, ascending
 * @param lora LoRA contributions of the layers, in terms of rows
 * @param headLora LoRA contributions of the LM head, in terms of places in {@code logitRows}
 */
public record Batch(int[] tokens, List<SequenceRows> sequences, int[] logitRows, LoraTerms lora, LoraTerms headLora) {}
