#!/usr/bin/env bash
# Measures everything of a CUDA device in one go, beside the CPU: correctness, throughput, members side by side, the
# embedded model's lessons. Call it from the repository's root:
#
#     bash bench/gpu.sh [PYTHON] > gpu.txt
#
# It has never run: no device was at hand when it was written.
set -euo pipefail
python=${1:-python}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$python" -c 'import torch; print(torch.__version__, torch.version.cuda, torch.cuda.get_device_name())'

echo "== tests: the device against the CPU"
"$python" -m pytest -q -m cuda -n 0

echo "== throughput, on the device and on the CPU"
for device in cuda cpu; do
    BENCH_DEVICE=$device "$python" -m bench throughput --steps 20 lstm gru rnn textbook-lstm textbook-rnn-2
done

echo "== whole runs: eight members side by side, one member, either precision"
"$python" -m rnncast -q generate --series 500 --length 400 --seed 1 -o "$folder/panel.csv"
run() {
    echo "-- train $*"
    (cd "$folder" && time "$python" -m rnncast -q train panel.csv --max-steps 300 --seed 1 --format csv "$@")
}
for device in cuda cpu; do
    run --model lstm --device $device --ensemble 8
    run --model lstm --device $device --ensemble 1
done
for precision in fp32 bf16; do
    run --model lstm --device cuda --ensemble 1 --hidden-size 256 --precision $precision
done
