#!/usr/bin/env bash
# Measures a model of GEM's size with random weights on the first GPU, in one call: export in fp16, then `cargo bench --bench
# model` beside transformers in fp16. Needs an NVIDIA GPU with 40 GB or more, 60 GB of disk, and a Python that has onnx/requirements-verify.txt and
# transformers (GEMWATCH_PYTHON), and ONNX Runtime with CUDA (ORT_DYLIB_PATH, of the wheel onnxruntime-gpu).
#
#   benches/model_gpu.sh DIR     keeps checkpoint and package in DIR
#   GEMWATCH_BENCH_GB_S          memory bandwidth of the GPU (default: 4800, an H200; an H100 SXM has 3350)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=$(realpath -m "${1:?directory for checkpoint and package}")
python=${GEMWATCH_PYTHON:-python3}
mkdir -p "$directory"
[[ -e $directory/checkpoint/config.json ]] || "$python" onnx/make_untrained.py --size 7b --out "$directory/checkpoint"
[[ -e $directory/package/manifest.json ]] ||
  "$python" onnx/export.py --untrained --checkpoint "$directory/checkpoint" --out "$directory/package" --precision fp16 --device gpu
export GEMWATCH_BENCH_PACKAGE=$directory/package GEMWATCH_BENCH_CHECKPOINT=$directory/checkpoint GEMWATCH_BENCH_DEVICE=cuda
export GEMWATCH_BENCH_BATCHES=1,8,32 GEMWATCH_BENCH_TOKENS=${GEMWATCH_BENCH_TOKENS:-128}
export GEMWATCH_BENCH_GB_S=${GEMWATCH_BENCH_GB_S:-4800}
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
exec cargo bench --bench model
