"""The parts of a reading in Hugging Face transformers: the peer of benches/model.rs.

    model_transformers.py CHECKPOINT cpu|cuda THREADS PROMPT TOKENS BATCH,BATCH

Of the checkpoint only the sizes matter; the weights are random, float32 on a CPU and float16 on a GPU. The last line printed
is JSON: version, and ms by part, medians over rounds after one to warm up.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM

ROUNDS = 3


def median_ms(work, device):
    """The clock's milliseconds."""
    times = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times[1:])


@torch.inference_mode()
def main():
    checkpoint, device, threads, prompt, tokens, batches = sys.argv[1:]
    checkpoint, prompt, tokens = Path(checkpoint), int(prompt), int(tokens)
    torch.set_num_threads(int(threads))
    dtype = torch.float16 if device == "cuda" else torch.float32
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    vision_config = json.loads((checkpoint / config["mm_vision_tower"] / "config.json").read_text(encoding="utf-8"))
    vision = CLIPVisionModel(CLIPVisionConfig(**vision_config)).eval().to(device, dtype)
    keys = LlamaConfig().to_dict().keys() & config.keys() - {"model_type", "architectures"}
    decoder = LlamaForCausalLM(LlamaConfig(**{key: config[key] for key in keys})).eval().to(device, dtype)

    pixels = torch.randn(1, 3, vision_config["image_size"], vision_config["image_size"], device=device, dtype=dtype)
    ms = {"image encoder, a tile": median_ms(lambda: vision(pixels, output_hidden_states=True), device)}

    def write(batch, count):
        embeds = torch.randn(batch, prompt, config["hidden_size"], device=device, dtype=dtype)
        result = decoder(inputs_embeds=embeds, use_cache=True, logits_to_keep=1)
        for _ in range(count - 1):
            token = result.logits[:, -1:].argmax(dim=-1)
            result = decoder(input_ids=token, past_key_values=result.past_key_values, use_cache=True)

    ms["prompt"] = median_ms(lambda: write(1, 1), device)
    for batch in map(int, batches.split(",")):
        short, long = (median_ms(lambda count=count: write(batch, count), device) for count in (1, tokens))
        ms[f"token, batch {batch}"] = (long - short) / (tokens - 1)
    print(json.dumps({"version": transformers.__version__, "ms": ms}))


if __name__ == "__main__":
    main()
