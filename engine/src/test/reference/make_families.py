"""Tiny random models of every supported family with greedy reference output, for FamilyParityTest.

    python make_families.py OUT     (torch, transformers, safetensors; CPU, float32)
"""
import json
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config

COMMON = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, vocab_size=320,
              max_position_embeddings=256, bos_token_id=1, eos_token_id=2)
FAMILIES = {
    "llama2": LlamaConfig(**COMMON, num_key_value_heads=4, tie_word_embeddings=False),
    "llama3": LlamaConfig(**COMMON, num_key_value_heads=2, tie_word_embeddings=True, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}),
    "llama-linear-bias": LlamaConfig(**COMMON, num_key_value_heads=1, attention_bias=True, mlp_bias=True, rope_parameters={
        "rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}),
    "mistral-window": MistralConfig(**COMMON, num_key_value_heads=2, head_dim=32, sliding_window=24),
    "qwen2": Qwen2Config(**COMMON, num_key_value_heads=2, tie_word_embeddings=True),
}


def main(out):
    for i, (name, config) in enumerate(FAMILIES.items()):
        torch.manual_seed(i)
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config).float().eval()
        with torch.no_grad():
            for n, p in model.named_parameters():
                p.copy_(torch.randn_like(p) * (0.3 if p.ndim == 1 else 0.15))
                if "norm" in n:
                    p.add_(1.0)
                p.copy_(p.to(torch.float16).float() if name == "llama2" else p.to(torch.bfloat16).float())
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        kind = torch.float16 if name == "llama2" else torch.bfloat16
        tensors = {k: v.to(kind).contiguous() for k, v in model.state_dict().items()}
        if config.tie_word_embeddings:
            tensors.pop("lm_head.weight", None)
        names = sorted(tensors)
        if name == "qwen2":                                   # one family in shards
            halves = [names[::2], names[1::2]]
            files = [f"model-{j + 1:05d}-of-00002.safetensors" for j in range(2)]
            for f, half in zip(files, halves):
                save_file({k: tensors[k] for k in half}, os.path.join(folder, f))
            json.dump({"metadata": {}, "weight_map": {k: f for f, half in zip(files, halves) for k in half}},
                      open(os.path.join(folder, "model.safetensors.index.json"), "w"))
        else:
            save_file(tensors, os.path.join(folder, "model.safetensors"))
        json.dump(config.to_dict(), open(os.path.join(folder, "config.json"), "w"), default=str)
        ids = torch.randint(3, 320, (1, 60)).tolist()[0]
        steps = []
        x = list(ids)
        with torch.no_grad():
            for _ in range(24):
                logits = model(torch.tensor([x])).logits[0, -1]
                top = logits.topk(5)
                steps.append({"token": int(logits.argmax()), "top": top.indices.tolist(),
                              "logits": [round(v, 5) for v in top.values.tolist()],
                              "margin": round(float(top.values[0] - top.values[1]), 5)})
                x.append(steps[-1]["token"])
        json.dump({"ids": ids, "steps": steps}, open(os.path.join(folder, "reference.json"), "w"))
        print(name, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)), min(s["margin"] for s in steps))


main(sys.argv[1])
