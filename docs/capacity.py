#!/usr/bin/env python3
"""Scale on paper: what 10, 1,000 and 100,000 beds need, from named constants.

In: nothing. Out: the tables of docs/capacity.md, in Markdown. Needs Python 3.9 and no package.

`tests/documents.rs` holds the chapter against what this prints, and the sizes of messages against real ones.
"""

# Sizes of messages, in bytes. The first four are measured by tests/documents.rs: twelve leads at 500 Hz in chunks of 100 ms.
CHUNK_VALUE_BYTES = 854  # the Protobuf message, mean of eight simulated patients over a minute
CHUNK_BESIDE_BYTES = 191  # key, CloudEvents headers, and some bytes of the record itself
VITALS_BYTES = 883  # with key and headers
HEARTBEAT_BYTES = 356  # with key and headers
# Means of `gemwatch replay` of the eight beds of simulators/scenarios/icu.toml, five minutes, with key and headers (200 bytes).
ALERT_BYTES = 710
INTERPRETED_BYTES = 4600
# A window for readers that run apart: 12 leads x 5000 samples x 4 bytes, and some 10 kB of measurements.
REQUEST_BYTES = 250_000

# How often.
CHUNKS_A_SECOND = 10
HEARTBEATS_A_SECOND = 0.5
# Audible alarms a bed and day in five intensive care units (Drew et al., PLoS ONE 2014): a ward that is worse than most.
ALARMS_A_BED_DAY = 187
MESSAGES_AN_ALARM = 4  # raised and cleared, on ecg.alerts and on ecg.alert-state
# As if every alarm were of medium or high priority and were read; and rounds by readings.round_s = 600.
ROUNDS_A_BED_DAY = 86_400 / 600

# What Kafka adds.
REPLICAS = 3
COMPRESSED = 0.59  # zstd on 16 chunks of four simulated patients in one batch, values alone
BEDS_A_PARTITION = 8  # deploy/README.md

# Processors, measured: `cargo bench --bench ward -- --beds 300`, two hyperthreads of one 2.5 GHz x86-64 core (docs/benchmarks.md).
CPU_MS_A_BED_SECOND = 3.0
BROKER_MS_A_BED_SECOND = 1.4  # one broker, one copy: 0.41 hyperthreads for 300 beds
BUSY_AT_MOST = 0.5  # so that bursts, take-overs and neighbours have room; 300 beds ran with 0.8 and 289 ms at the 99th percentile
MOST_BEDS_TRIED = 300  # of one instance; its own limit is 5000 (src/pipeline/service.rs)
MIB_A_BED = 0.86  # resident, 100 beds, all that the process needs shared among them; role all, before it had a board
BOARD_MIB_A_BED = 0.3

# Readings of the model that ships, measured: 0.3 to 0.6 s each on two hyperthreads (onnx/models/README.md).
SMALL_READING_S = 0.45

# Readings of a GEM at full size: on paper. Nothing here was measured; GPU figures are the makers' (NVIDIA's data sheets).
PARAMETERS = 8e9
LAYERS, HIDDEN = 32, 4096  # of a decoder of 7 to 8 billion parameters with a head of its own for each query
PROMPT_POSITIONS = 872  # docs/models.md
WORDS_TOKENS = 200
BATCH = 32  # texts at once, the most that the engine writes
BYTES_A_WEIGHT = {"bf16": 2, "int4": 0.56}  # int4 in blocks of 32 with a scale of 16 bits
COMPUTE_REACHED = 0.4  # of the peak, when a prompt is computed
GPUS = {  # name: memory GB, GB/s, peak TFLOP/s of dense bf16
    "L4": (24, 300, 121),
    "A100 80 GB": (80, 2039, 312),
    "H100 SXM": (80, 3350, 989),
    "H200": (141, 4800, 989),
}

WARDS = [10, 1_000, 100_000]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "|".join(" --- " if i == 0 else " ---: " for i in range(len(head))) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def number(value):
    """Two or three digits that count, with commas from a thousand on."""
    if value >= 100:
        return f"{value:,.0f}"
    if value < 0.1:
        return f"{value:.1g}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def at_least_one(value):
    return f"{max(1, -(-int(value * 1000) // 1000)):,}"


def up(value):
    return -(-value // 1)


# What one bed sends and causes, in bytes a second.
WAVEFORMS = CHUNKS_A_SECOND * (CHUNK_VALUE_BYTES + CHUNK_BESIDE_BYTES)
VITALS = VITALS_BYTES
HEARTBEATS = HEARTBEATS_A_SECOND * HEARTBEAT_BYTES
ALERTS = ALARMS_A_BED_DAY / 86_400 * (MESSAGES_AN_ALARM * ALERT_BYTES + INTERPRETED_BYTES)
READINGS = ROUNDS_A_BED_DAY / 86_400 * INTERPRETED_BYTES
READINGS_A_BED_DAY = ALARMS_A_BED_DAY + ROUNDS_A_BED_DAY
REQUESTS = READINGS_A_BED_DAY / 86_400 * REQUEST_BYTES
IN = WAVEFORMS + VITALS + HEARTBEATS + ALERTS + READINGS + REQUESTS


def one_bed():
    rows = [
        ("`ecg.waveforms`", CHUNKS_A_SECOND, WAVEFORMS),
        ("`ecg.vitals`", 1, VITALS),
        ("`ecg.heartbeats`", HEARTBEATS_A_SECOND, HEARTBEATS),
        ("`ecg.alerts`, `ecg.alert-state`", ALARMS_A_BED_DAY * (MESSAGES_AN_ALARM + 1) / 86_400, ALERTS),
        ("`ecg.readings`", ROUNDS_A_BED_DAY / 86_400, READINGS),
        ("`ecg.reading-requests`, with readers apart", READINGS_A_BED_DAY / 86_400, REQUESTS),
    ]
    lines = [(name, f"{rate:.4g}", number(size / 1000), number(size * 86_400 / 1e6)) for name, rate, size in rows]
    lines.append(("all of them", "", number(IN / 1000), number(IN * 86_400 / 1e6)))
    table(["one bed, 12 leads at 500 Hz", "messages a second", "kB a second", "MB a day, one copy"], lines)


def kafka():
    lines = []
    for beds in WARDS:
        written = beds * IN
        # Each copy but the first crosses the network once more. Monitors read waveforms and, with readers apart, requests are
        # read once; one board reads waveforms, vital signs and alerts of all.
        copies = written * (REPLICAS - 1)
        read = beds * (WAVEFORMS + REQUESTS) + beds * (WAVEFORMS + VITALS + ALERTS)
        lines.append(
            (
                f"{beds:,}",
                number(written / 1e6),
                number(copies / 1e6),
                number(read / 1e6),
                number(beds * IN * 86_400 * REPLICAS / 1e9),
                number(beds * WAVEFORMS * COMPRESSED * 86_400 * REPLICAS / 1e9),
                at_least_one(beds / BEDS_A_PARTITION),
            )
        )
    table(
        [
            "beds",
            "written, MB/s",
            f"copied to {REPLICAS - 1} more brokers, MB/s",
            "read by monitors, readers and one board, MB/s",
            f"kept a day with {REPLICAS} copies, GB",
            "of it waveforms if compressed, GB",
            "partitions",
        ],
        lines,
    )


def monitors():
    lines = []
    beds_a_thread = BUSY_AT_MOST * 1000 / CPU_MS_A_BED_SECOND
    for beds in WARDS:
        threads = beds / beds_a_thread
        instances = up(beds / MOST_BEDS_TRIED)
        lines.append(
            (
                f"{beds:,}",
                at_least_one(threads),
                f"{instances:,.0f}",
                number(beds * MIB_A_BED / 1024),
                number(beds * BOARD_MIB_A_BED / 1024),
                at_least_one(beds * BROKER_MS_A_BED_SECOND * REPLICAS / 1000 / BUSY_AT_MOST),
            )
        )
    table(
        [
            "beds",
            f"hyperthreads of gemwatch at {BUSY_AT_MOST:.0%} busy",
            f"instances of at most {MOST_BEDS_TRIED} beds",
            "memory of them, GiB",
            "memory of one board, GiB",
            f"hyperthreads of all brokers, {REPLICAS} copies",
        ],
        lines,
    )
    print(f"Beds a hyperthread: {beds_a_thread:.0f} at {BUSY_AT_MOST:.0%} busy. Beds a partition: {BEDS_A_PARTITION}.")
    print()


def small_model():
    a_hour = 3600 / SMALL_READING_S
    lines = []
    for beds in WARDS:
        wanted = beds * READINGS_A_BED_DAY / 24
        lines.append((f"{beds:,}", number(wanted), at_least_one(wanted / a_hour)))
    table(["beds", "readings wanted an hour", "pairs of hyperthreads for the model that ships"], lines)
    print(f"One such pair gives {a_hour:,.0f} readings an hour, with nothing else to do.")
    print()


def gpu(name, precision):
    memory_gb, gb_s, tflops = GPUS[name]
    weights = PARAMETERS * BYTES_A_WEIGHT[precision]
    cache_a_text = 2 * LAYERS * HIDDEN * 2 * (PROMPT_POSITIONS + WORDS_TOKENS)
    room = memory_gb * 1e9 * 0.9 - weights
    batch = min(BATCH, int(room // cache_a_text))
    if batch < 1:
        return None
    # A step reads all weights once, and of each text what it has so far: half of its last tokens on the average.
    cache_read = 2 * LAYERS * HIDDEN * 2 * (PROMPT_POSITIONS + WORDS_TOKENS / 2)
    step_s = (weights + batch * cache_read) / (gb_s * 1e9)
    alone = gb_s * 1e9 / (weights + cache_read)
    prompt_s = 2 * PARAMETERS * PROMPT_POSITIONS / (tflops * 1e12 * COMPUTE_REACHED)
    reading_s = WORDS_TOKENS * step_s / batch + prompt_s
    return weights / 1e9, alone, batch, batch / step_s, prompt_s * 1000, 3600 / reading_s


def full_model():
    lines = []
    for name in GPUS:
        for precision in BYTES_A_WEIGHT:
            found = gpu(name, precision)
            if found is None:
                continue
            weights, alone, batch, together, prompt_ms, an_hour = found
            beds = an_hour * 24 / READINGS_A_BED_DAY
            lines.append(
                (
                    f"{name}, {precision}",
                    number(weights),
                    number(alone),
                    f"{batch}",
                    number(together),
                    number(prompt_ms),
                    number(an_hour),
                    f"{int(beds // 10 * 10):,}",
                )
            )
    table(
        [
            "GPU, weights",
            "weights, GB",
            "tokens/s, one text",
            "texts at once",
            "tokens/s, all",
            "prompt, ms",
            "readings an hour",
            "beds",
        ],
        lines,
    )


if __name__ == "__main__":
    one_bed()
    kafka()
    monitors()
    small_model()
    full_model()
