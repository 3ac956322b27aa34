package dev.gorgon.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Flags of Hugging Face's TrainingArguments that decide nothing here: accepted, with one line each that says why. */
final class IgnoredRecipeFlags {

    private static final Map<String, String> FLAGS = new LinkedHashMap<>();

    static {
        put(
                "the precision of the arithmetic is given by the processor; heads are stored in bfloat16",
                "bf16",
                "fp16",
                "tf32",
                "bf16_full_eval",
                "fp16_full_eval",
                "half_precision_backend",
                "fp16_opt_level");
        put("the base model is only run forward, once; to quantize it use --quantize", "load_in_4bit", "load_in_8bit");
        put(
                "conversations are read one after the other, and hidden states stay in files",
                "lazy_preprocess",
                "dataloader_num_workers",
                "dataloader_pin_memory",
                "dataloader_drop_last",
                "dataloader_prefetch_factor",
                "dataloader_persistent_workers",
                "group_by_length",
                "length_column_name",
                "remove_unused_columns",
                "preprocessing_num_workers");
        put(
                "one process trains on this machine's processors",
                "deepspeed",
                "fsdp",
                "fsdp_config",
                "fsdp_transformer_layer_cls_to_wrap",
                "local_rank",
                "ddp_backend",
                "ddp_find_unused_parameters",
                "ddp_timeout",
                "no_cuda",
                "use_cpu",
                "torch_compile",
                "accelerator_config");
        put(
                "only the heads are trained, so nothing has to be computed twice",
                "gradient_checkpointing",
                "gradient_checkpointing_kwargs");
        put(
                "the memory of an evaluation does not depend on it",
                "per_device_eval_batch_size",
                "eval_accumulation_steps");
        put(
                "one checkpoint is kept, and replaced",
                "save_total_limit",
                "save_only_model",
                "save_safetensors",
                "load_best_model_at_end",
                "save_on_each_node");
        put(
                "curves are written to training.json",
                "report_to",
                "run_name",
                "logging_dir",
                "logging_strategy",
                "logging_first_step",
                "log_level",
                "disable_tqdm",
                "include_num_input_tokens_seen");
        put(
                "nothing is uploaded here; see gorgon push",
                "push_to_hub",
                "hub_model_id",
                "hub_token",
                "hub_strategy",
                "hub_private_repo");
        put("the order of the data comes from --seed", "data_seed", "full_determinism");
        put(
                "files come from where --model_name_or_path says",
                "cache_dir",
                "use_fast_tokenizer",
                "trust_remote_code",
                "do_train",
                "do_eval",
                "prediction_loss_only",
                "metric_for_best_model",
                "greater_is_better");
    }

    private IgnoredRecipeFlags() {}

    private static void put(String why, String... names) {
        for (String name : names) {
            FLAGS.put("--" + name, why);
        }
    }

    /** Makes a command accept the flags; they are not in its help. */
    static void addTo(CommandSpec command) {
        FLAGS.forEach((name, why) -> command.addOption(OptionSpec.builder(name)
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description(why)
                .hidden(true)
                .build()));
    }

    /** What to tell somebody who gave these arguments. */
    static List<String> notices(ParseResult given) {
        List<String> notices = new ArrayList<>();
        FLAGS.forEach((name, why) -> {
            if (given.hasMatchedOption(name)) {
                notices.add(name + " has no effect: " + why);
            }
        });
        return notices;
    }
}
