"""Tiny random LoRAs of every kind over the models of make_families.py, with PEFT's greedy output, for LoraParityTest.

    python make_loras.py FAMILIES OUT     (torch, transformers, peft, safetensors; CPU, float32)
"""
import json
import os
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

# name: base model, configuration, dtype of lora_A, dtype of lora_B
LORAS = {
    # odd rank, every target, untied embeddings and LM head
    "everything": ("llama2", dict(r=3, lora_alpha=5, target_modules=ALL + ["lm_head", "embed_tokens"]),
                   torch.float32, torch.float32),
    # PEFT changes the lookup only, though the LM head is the same matrix
    "embed-tied": ("qwen2", dict(r=4, lora_alpha=7, use_rslora=True, target_modules=["embed_tokens", "q_proj", "v_proj"]),
                   torch.bfloat16, torch.float32),
    # keys match a whole path or its end; the first that matches wins
    "patterns": ("llama3", dict(r=12, lora_alpha=20, target_modules=ALL + ["lm_head", "embed_tokens"],
                                rank_pattern={"model.layers.0.self_attn.q_proj": 2, "q_proj": 5, "layers.1.mlp.(up|gate)_proj": 20,
                                              "^model.layers.1.self_attn.v_proj": 1, "embed_tokens": 6, "lm_head": 7},
                                alpha_pattern={r"layers\.\d+\.self_attn\..*": 3, "lm_head": 9, "down_proj": 31}),
                 torch.float32, torch.float16),
    # some layers only; fan_in_fan_out does not change how factors are stored
    "partial": ("mistral-window", dict(r=20, lora_alpha=40, layers_to_transform=[1], target_modules=["q_proj", "k_proj", "o_proj",
                                                                                                  "down_proj"]),
                torch.float16, torch.float16),
    "biases": ("llama-linear-bias", dict(r=1, lora_alpha=2, use_rslora=True, target_modules="all-linear"),
               torch.float16, torch.bfloat16),
}


def main(families, out):
    for i, (name, (base, config, kind_a, kind_b)) in enumerate(LORAS.items()):
        torch.manual_seed(100 + i)
        load = lambda: AutoModelForCausalLM.from_pretrained(os.path.join(families, base), dtype=torch.float32,
                                                            attn_implementation="eager")
        model = get_peft_model(load(), LoraConfig(task_type="CAUSAL_LM", **config))
        with torch.no_grad():
            for n, p in model.named_parameters():
                if "lora_" in n:
                    p.copy_(torch.randn_like(p) * 0.08)
        folder = os.path.join(out, name)
        model.save_pretrained(folder, save_embedding_layers=False)
        for extra in ("README.md",):
            path = os.path.join(folder, extra)
            if os.path.exists(path):
                os.remove(path)
        weights = os.path.join(folder, "adapter_model.safetensors")
        save_file({k: v.to(kind_a if "_A" in k else kind_b).contiguous() for k, v in load_file(weights).items()}, weights)
        settings = os.path.join(folder, "adapter_config.json")
        saved = json.load(open(settings))
        saved["base_model_name_or_path"] = base
        saved["fan_in_fan_out"] = name == "partial"
        if isinstance(saved["target_modules"], list):
            saved["target_modules"].sort()
        json.dump(saved, open(settings, "w"), indent=1)
        # what counts is what PEFT makes of the files
        model = PeftModel.from_pretrained(load(), folder).eval()
        ids = torch.randint(3, 320, (1, 41)).tolist()[0]
        steps, x, distance = [], list(ids), 0.0
        with torch.no_grad():
            for _ in range(24):
                logprobs = model(torch.tensor([x])).logits[0, -1].log_softmax(-1)
                with model.disable_adapter():
                    plain = model(torch.tensor([x])).logits[0, -1].log_softmax(-1)
                distance = max(distance, float((logprobs - plain).abs().max()))
                top = logprobs.topk(5)
                steps.append({"token": int(logprobs.argmax()), "top": top.indices.tolist(),
                              "logprobs": [round(v, 5) for v in top.values.tolist()]})
                x.append(steps[-1]["token"])
        json.dump({"base": base, "ids": ids, "steps": steps}, open(os.path.join(folder, "reference.json"), "w"))
        margin = min(s["logprobs"][0] - s["logprobs"][1] for s in steps)
        print(name, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)), "margin", round(margin, 4),
              "changes logits by up to", round(distance, 2))


main(*sys.argv[1:])
