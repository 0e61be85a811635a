"""Measure how fast a package runs on this machine's CPU, beside Hugging Face transformers in float32.

    python onnx/bench.py --checkpoint DIR --package PACKAGE [--package PACKAGE ...] [--threads N] [--rounds N]

In: a checkpoint (only its sizes matter) and packages of it. Needs torch and transformers.
Out: for each part the median of the time and of the processor's time, and how many times less than that of transformers
they are. In every round all of them are measured one after the other, so that what else the machine does falls on all
alike. The processor's time counts spinning too: with OMP_WAIT_POLICY=passive torch does not spin either.
"""

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM

# A prompt of GEM: text, 101 ECG tokens, 576 image tokens.
PROMPT = 744
STEPS = 16


@dataclass(frozen=True)
class Seconds:
    """How long something took: by the clock, and of all cores together."""

    clock: float
    processor: float


class Stopwatch:
    """Started when it is made."""

    def __init__(self):
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        """Seconds since the start."""
        return Seconds(time.perf_counter() - self._clock, time.process_time() - self._processor)


def median(values: list[Seconds]) -> Seconds:
    """Of either time by itself."""
    return Seconds(
        statistics.median(value.clock for value in values), statistics.median(value.processor for value in values)
    )


class Baseline:
    """The same sizes in transformers with random weights."""

    def __init__(self, checkpoint: Path):
        config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
        vision = json.loads((checkpoint / config["mm_vision_tower"] / "config.json").read_text(encoding="utf-8"))
        # The feature is the last state but one, so the reference computes every layer.
        self._vision = CLIPVisionModel(CLIPVisionConfig(**vision)).eval()
        keys = LlamaConfig().to_dict().keys() & config.keys() - {"model_type", "architectures"}
        self._decoder = LlamaForCausalLM(LlamaConfig(**{key: config[key] for key in keys})).eval()
        self._hidden = config["hidden_size"]

    @torch.inference_mode()
    def image(self) -> Seconds:
        """Seconds of one tile through the vision tower."""
        pixels = torch.randn(1, 3, 336, 336)
        return _seconds(lambda: self._vision(pixels, output_hidden_states=True))

    @torch.inference_mode()
    def decode(self, prompt: int) -> tuple[Seconds, Seconds]:
        """Seconds of the prompt, and of one token after it."""
        embeds = torch.randn(1, prompt, self._hidden)
        watch = Stopwatch()
        result = self._decoder(inputs_embeds=embeds, use_cache=True, logits_to_keep=1)
        prefill = watch.read()
        steps = []
        for _ in range(STEPS):
            watch = Stopwatch()
            token = result.logits[:, -1:].argmax(dim=-1)
            result = self._decoder(input_ids=token, past_key_values=result.past_key_values, use_cache=True)
            steps.append(watch.read())
        return prefill, median(steps)


class Measured:
    """One package. The cache is one buffer for past and present, as the service has it."""

    def __init__(self, directory: Path, threads: int, spinning: bool):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        self._manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        self._image, self._embedding, self._decoder = (
            onnxruntime.InferenceSession(directory / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            for name in ("image_encoder", "token_embedding", "decoder")
        )

    def image(self) -> Seconds:
        """Seconds of one tile through the vision tower and the projector."""
        pixels = np.random.default_rng(0).standard_normal((1, 3, 336, 336), np.float32)
        return _seconds(lambda: self._image.run(["image_tokens"], {"pixel_values": pixels}))

    def decode(self, prompt: int) -> tuple[Seconds, Seconds]:
        """Seconds of the prompt, and of one token after it."""
        decoder = self._manifest["decoder"]
        shape = (1, decoder["kv_heads"], prompt + STEPS, decoder["head_dim"])
        dtype = {"f32": np.float32, "f16": np.float16}[decoder["cache_type"]]
        binding = self._decoder.io_binding()
        for layer in range(decoder["layers"]):
            for part in ("key", "value"):
                cache = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, dtype))
                binding.bind_ortvalue_input(f"past_key_values.{layer}.{part}", cache)
                binding.bind_ortvalue_output(f"present.{layer}.{part}", cache)
        binding.bind_output("logits")
        embeds = np.random.default_rng(0).standard_normal((1, prompt, decoder["hidden"]), np.float32)
        seconds = []
        for length in range(prompt, prompt + STEPS + 1):
            watch = Stopwatch()
            binding.bind_cpu_input("inputs_embeds", embeds)
            binding.bind_cpu_input("seqlens_k", np.asarray([length - 1], np.int32))
            binding.bind_cpu_input("total_sequence_length", np.asarray([length], np.int32))
            binding.bind_cpu_input("logits_index", np.asarray([[embeds.shape[1] - 1]], np.int64))
            self._decoder.run_with_iobinding(binding)
            logits = binding.get_outputs()[-1].numpy()
            (embeds,) = self._embedding.run(None, {"input_ids": logits.argmax(axis=-1)[:, None]})
            seconds.append(watch.read())
        return seconds[0], median(seconds[1:])


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Measure packages beside transformers in float32.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="directory of the checkpoint")
    parser.add_argument("--package", type=Path, action="append", required=True, help="may be given more than once")
    parser.add_argument("--threads", type=int, default=2, help="of torch and of ONNX Runtime (default: 2)")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument("--spinning", action="store_true", help="let ONNX Runtime's threads spin while they wait")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    models = {"transformers": Baseline(arguments.checkpoint)}
    models |= {package.name: Measured(package, arguments.threads, arguments.spinning) for package in arguments.package}
    found = defaultdict(list)
    for _ in range(arguments.rounds):
        for name, model in models.items():
            found["image", name].append(model.image())
            for prompt in (64, PROMPT):
                prefill, step = model.decode(prompt)
                found[f"prompt of {prompt}", name].append(prefill)
                found[f"token after {prompt}", name].append(step)
    medians = {key: median(values) for key, values in found.items()}
    for (part, name), seconds in sorted(medians.items()):
        base = medians[part, "transformers"]
        print(
            f"{part:<18} {name:<14} {1e3 * seconds.clock:9.1f} ms {base.clock / seconds.clock:5.1f}x"
            f"  processor {1e3 * seconds.processor:9.1f} ms {base.processor / seconds.processor:5.1f}x"
        )
    return 0


def _seconds(work: Callable[[], object]) -> Seconds:
    watch = Stopwatch()
    work()
    return watch.read()


if __name__ == "__main__":
    sys.exit(main())
