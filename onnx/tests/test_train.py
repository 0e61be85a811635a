"""The training of the small GEM: targets, stages, weights files, and that what is trained is what is exported."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from evaluate import texts_of_package, texts_of_weights
from gem_export.manifest import About
from gem_export.package import export
from gem_train.augment import augment, shifted
from gem_train.checkpoint import write_checkpoint
from gem_train.heads import Heads
from gem_train.joining import BOTH, ONLY_ECG, Sight, assemble, join
from gem_train.language import Language, train_tokenizer
from gem_train.model import Gem
from gem_train.phrases import listed, measurement_list
from gem_train.schedule import Schedule
from gem_train.sizes import SMALL, TINY, configurations
from gem_train.page import MOMENTS, along_columns, rows_with_traces
from gem_train.pulses import pulses
from gem_train.statements import compare, statements
from gem_train.targets import BEATS, SCALES, Targets, intervals, numbers_of
from gem_train.teaching import Kept, write
from gem_train.towers import Run, train_tower
from gem_train.weights import load_stage, save_stage
from gem_train.windows import Windows
from gem_verify.against_torch import run_torch_checks
from gem_verify.runner import IMAGE_TOKEN, Package
from gem_verify.torch_model import TorchModel
from train_windows import QUESTION, write_windows

# A step is too small to be shared, and threads that wait for each other are slow on a busy machine.
torch.set_num_threads(1)
RUN = Run(seed=7, windows=32, minutes=5, batch=4, rate=1e-3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve windows."""
    return write_windows(tmp_path_factory.mktemp("data") / "windows", 12)


@pytest.fixture(scope="module")
def language(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Language:
    """A tokenizer of the texts of these windows."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.model"
    rows = Windows([data]).rows
    train_tokenizer([row["text"] for row in rows], [QUESTION], path, vocab=700)
    return Language(path)


@pytest.fixture(scope="module")
def towers(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The weights files of both towers after a few steps."""
    directory = tmp_path_factory.mktemp("towers")
    for kind in ("ecg", "image"):
        train_tower(kind, TINY, Windows([data]), None, RUN, directory / kind)
    return [directory / "ecg", directory / "image"]


@pytest.mark.parametrize("kind", ["ecg", "image"])
def test_a_tower_learns_and_a_seed_repeats_it(kind: str, data: Path, tmp_path: Path) -> None:
    long = replace(RUN, windows=100, losses=[])
    train_tower(kind, TINY, Windows([data]), None, long, tmp_path / "long")
    assert sum(long.losses[-5:]) < 0.8 * sum(long.losses[:5])
    runs = [replace(RUN, windows=12, seed=seed, losses=[]) for seed in (7, 7, 8)]
    for index, run in enumerate(runs):
        train_tower(kind, TINY, Windows([data]), None, run, tmp_path / str(index))
    assert runs[0].losses == runs[1].losses
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    assert runs[2].losses[0] != runs[0].losses[0]


def test_an_interrupted_stage_goes_on_where_it_stopped(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    run = replace(RUN, state=tmp_path / "state", losses=[])
    train_tower("ecg", TINY, Windows([data]), None, run, tmp_path / "ecg")
    longer = replace(run, windows=2 * run.windows, losses=[])
    train_tower("ecg", TINY, Windows([data]), None, longer, tmp_path / "ecg")
    assert f"after {run.windows} windows" in capsys.readouterr().out
    assert len(longer.losses) == len(run.losses)
    assert longer.losses[0] < run.losses[0]
    assert load_stage(tmp_path / "ecg")[1]["windows"] == 2 * run.windows
    # From the weights file alone, as on another machine.
    anew = replace(RUN, begin_from=tmp_path / "ecg", losses=[])
    train_tower("ecg", TINY, Windows([data]), None, anew, tmp_path / "ecg")
    assert anew.losses[0] < run.losses[0]
    assert load_stage(tmp_path / "ecg")[1]["windows"] == 3 * run.windows


def test_the_decoder_learns_to_say_what_the_towers_see(
    data: Path, language: Language, towers: list[Path], tmp_path: Path
) -> None:
    windows = Windows([data])
    files = list(towers)
    for stage, count in (("align", 40), ("instruct", 320)):
        run = replace(RUN, windows=count, rate=3e-3, losses=[])
        gem = join(stage, TINY, language, files, windows, run, tmp_path / stage, Sight())
        files.append(tmp_path / stage)
        assert sum(run.losses[-5:]) < 0.8 * sum(run.losses[:5])
    # The towers are frozen, and are not written a second time.
    assert not any("tower" in key for key in load_stage(tmp_path / "instruct")[0])
    stored = load_stage(towers[0])[0]
    assert torch.equal(gem.ecg_tower.conv1.weight, stored["model.ecg_tower.ecg_tower.conv1.weight"])
    batch = windows.batch([0, 1])
    with torch.no_grad():
        image = gem.vision_tower(torch.zeros(2, 1, 336, 336))
        texts = write(gem, language, gem.ecg_tower(batch.ecg), image, QUESTION, 60)
    assert all(text.startswith("Sinus rhythm at ") for text in texts)

    write_checkpoint(TINY, language, files, tmp_path / "checkpoint")
    export(tmp_path / "checkpoint", tmp_path / "package", About("test", True, "tests", "none"))
    results = list(run_torch_checks(tmp_path / "package", tmp_path / "checkpoint"))
    assert len(results) == 9 and all(result.passed for result in results)
    # The service tokenizes as training did, though a piece may hold several words.
    package = Package(tmp_path / "package")
    prompt = package.manifest["prompt"]["template"].replace("{question}", QUESTION)
    assert package.encode_prompt(prompt) == [*language.before, IMAGE_TOKEN, *language.after(QUESTION)]
    said = texts_of_package(package, windows, QUESTION)[:2]
    assert said == texts_of_weights(gem, language, windows, QUESTION, BOTH)[:2]


def test_a_decoder_that_sees_the_ecg_alone_does_not_look_at_the_page(
    data: Path, language: Language, towers: list[Path], tmp_path: Path
) -> None:
    windows = Windows([data])
    results = []
    for page in (0, 255):
        windows._pixels[0] = windows._pixels[0] * 0 + page
        run = replace(RUN, windows=8, losses=[])
        join("align", TINY, language, towers, windows, run, tmp_path / str(page), Sight(ONLY_ECG))
        results.append(run.losses)
    assert results[0] == results[1]


def test_stages_can_compute_in_bfloat16(
    data: Path, language: Language, towers: list[Path], tmp_path: Path
) -> None:
    windows = Windows([data])
    run = replace(RUN, windows=8, autocast=True, losses=[])
    train_tower("image", TINY, windows, None, run, tmp_path / "image")
    files = [*towers, aligned(windows, language, towers, tmp_path)]
    join("instruct", TINY, language, files, windows, run, tmp_path / "instruct", Sight(), towers=True)
    assert all(torch.isfinite(torch.tensor(run.losses)))
    # With the towers learning along all of the model is written.
    assert any("vision_tower" in key for key in load_stage(tmp_path / "instruct")[0])


def aligned(windows: Windows, language: Language, towers: list[Path], directory: Path) -> Path:
    """The weights file of a short stage `align`."""
    run = replace(RUN, windows=4, autocast=True, losses=[])
    join("align", TINY, language, towers, windows, run, directory / "align", Sight())
    return directory / "align"


def test_the_module_computes_what_its_checkpoint_does(language: Language, tmp_path: Path) -> None:
    torch.manual_seed(1)
    gem = Gem(TINY, language.vocab).requires_grad_(False)
    save_stage(tmp_path / "stage", gem.state_dict(), {"sizes": vars(TINY)})
    write_checkpoint(TINY, language, [tmp_path / "stage"], tmp_path / "checkpoint")
    gem, _, _ = assemble(TINY, language.vocab, [tmp_path / "stage"])
    gem.requires_grad_(False)
    reference = TorchModel(tmp_path / "checkpoint")
    ecg, pixels = torch.randn(1, 12, 5000), torch.randn(1, 3, 336, 336)
    states, image = gem.ecg_tower(ecg), gem.vision_tower(pixels)
    tower, tokens = reference.encode_ecg(ecg[0])
    close(states[0], tower)
    close(gem.project_ecg(states)[0], tokens)
    features, tokens = reference.encode_tiles(pixels)
    close(image, features)
    close(gem.project_image(image), tokens)
    # Green and blue are not looked at.
    close(gem.vision_tower(pixels[:, :1]), image)
    embeds = gem.model.embed_tokens(torch.randint(3, language.vocab, (1, 20)))
    positions = torch.arange(20)[None]
    logits, _ = reference.decode(embeds[0], 12)
    whole, _ = gem.decode(embeds, positions)
    last, _ = gem.decode(embeds, positions, last=8)
    close(gem.logits(whole)[0, 12:], logits)
    close(gem.logits(last)[0], logits)
    _, past = gem.decode(embeds[:, :12], positions[:, :12], last=1)
    for at in range(12, 20):
        step, past = gem.decode(embeds[:, at : at + 1], positions[:, at : at + 1], last=1, past=past)
        close(gem.logits(step)[0, 0], logits[at - 12])


def close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_the_small_model_fits_its_package() -> None:
    gem = Gem(SMALL, 2048)
    assert sum(parameter.numel() for parameter in gem.parameters()) < 18e6
    assert configurations(SMALL, 2048)["config.json"]["mm_hidden_size"] == SMALL.image_width


def test_kept_tokens_are_in_order_with_the_class_tokens_first(language: Language) -> None:
    gem = Gem(TINY, language.vocab)
    kept = Kept.draw(gem, 3, torch.Generator().manual_seed(1))
    for part, count in ((kept.ecg, gem.ecg_count), (kept.image, gem.image_count)):
        assert len(part) == 4 and part[0] == 0 and (part.diff() > 0).all() and part[-1] < count
    assert len(Kept.draw(gem, None, torch.Generator()).ecg) == gem.ecg_count == 5000 // TINY.ecg_patch + 1


def test_bins_give_back_the_values_that_went_in() -> None:
    for scale in SCALES.values():
        values = torch.linspace(scale.low + 4 * scale.width, scale.low + (scale.bins - 4) * scale.width, 50)
        shares = torch.softmax(-0.5 * (scale.distance_in_bins(values) / 0.8) ** 2, dim=-1)
        assert (scale.estimate(shares) - values).abs().max() < 0.1 * scale.width
    axis = SCALES["axis"]
    shares = torch.softmax(-axis.distance_in_bins(torch.tensor([-179.0])).abs(), dim=-1)
    assert abs((axis.estimate(shares).item() + 179 + 180) % 360 - 180) < 5


def test_what_is_undefined_is_not_learned() -> None:
    truth = {"rate_bpm": None, "beats": [{"r_s": 1.0, "class": "V"}], "leads": None}
    targets = Targets.of([{"truth": truth, "findings": ["asystole"]}])
    heads = Heads(8)
    pooled = torch.randn(1, 8)
    _, parts = heads.loss(pooled, targets)
    assert parts["rate"] == parts["pr"] == parts["leads"] == 0.0 and parts["rhythm"] > 0
    row = {"truth": {"rr_range_ms": [700.0, 950.0]}, "measured": {"rr_min_ms": 704.0, "rr_max_ms": 944.0}, "disagreements": []}
    assert numbers_of(row)["rr_range"] == 240.0
    assert targets.beats[0, 100] == BEATS.index("V") and targets.beats.count_nonzero() == 1
    with pytest.raises(ValueError, match="findings that training does not know: hiccups"):
        Targets.of([{"truth": truth, "findings": ["hiccups"]}])


def test_rr_intervals_end_at_their_second_beat() -> None:
    marks = torch.zeros(2, 1000, dtype=torch.int8)
    marks[0, [10, 90, 200]] = torch.tensor([1, 3, 1], dtype=torch.int8)
    marks[1, 5] = 1
    lasted = intervals(marks)
    assert lasted[0, [90, 200]].tolist() == [800.0, 1100.0]
    assert lasted.isfinite().sum() == 2
    heads = Heads(8, intervals=True)
    states = torch.randn(2, 100, 8)
    assert heads.intervals_loss(states, marks) > 0
    assert heads.intervals_loss(states, torch.zeros_like(marks)) == 0


def test_pulses_are_where_their_marks_are_and_irregular() -> None:
    ecg, marks = pulses(40, torch.Generator().manual_seed(1))
    assert ecg.shape == (40, 12, 5000) and ecg.isfinite().all()
    power = ecg.square().sum(1)
    for record, marked in zip(power, marks, strict=True):
        at = (marked > 0).nonzero()[:, 0] * 5
        assert len(at) >= 4
        near = torch.stack([record[max(place - 20, 0) : place + 25].max() for place in at.tolist()])
        assert near.median() > 20 * record.median(), at
    lasted = intervals(marks)
    assert lasted[lasted.isfinite()].min() >= 240 and lasted[lasted.isfinite()].std() > 200


def test_beats_move_with_the_ecg() -> None:
    ecg = torch.zeros(1, 12, 5000)
    ecg[:, :, 2500] = 1.0
    marks = torch.zeros(1, 1000, dtype=torch.int8)
    marks[0, 500] = 1
    for seed in range(20):
        found, present, shift = augment(ecg, torch.Generator().manual_seed(seed))
        moved = shifted(marks, shift)
        assert moved.shape == marks.shape and found.shape == ecg.shape
        lead = int(present[0].argmax())
        peak = found[0, lead, 500:4500].argmax() + 500
        assert abs(int(moved[0].argmax()) - int(peak) // 5) <= 1


def test_leads_that_are_lost_are_blank_and_named() -> None:
    found, present, _ = augment(torch.randn(32, 12, 5000), torch.Generator().manual_seed(3))
    assert 0 < (present == 0).sum() < 32 * 12
    assert torch.equal((found == 0).all(dim=-1), present == 0)


def test_a_schedule_counts_windows_and_working_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("gem_train.schedule.time.monotonic", lambda: now[0])
    schedule = Schedule(windows=1000, minutes=1.0, _last=0.0)
    factors = []
    while not schedule.finished:
        # Once the process is stopped for an hour.
        now[0] += 3600.0 if schedule.windows_done == 500 else 0.1
        schedule.step(10)
        factors.append(schedule.rate_factor)
    assert schedule.windows_done == 1000 and schedule.working_s < 20
    assert factors[0] < 1 and factors[50] == 1 and factors[-1] < 0.1


def test_a_list_says_what_is_defined() -> None:
    row = {
        "truth": {"rate_bpm": 71.6, "pr_ms": None, "qrs_ms": 92.0},
        "findings": ["atrial-fibrillation", "left-axis-deviation"],
    }
    assert measurement_list(row) == (
        "Rhythm: atrial fibrillation. Measured: rate 72 bpm, QRS 92 ms. Findings: left axis deviation."
    )
    assert listed(measurement_list(row)) == {"left-axis-deviation"}
    assert listed("Sinus rhythm at 72 bpm.") is None


def test_a_tokenizer_keeps_digits_apart_and_gives_texts_back(language: Language) -> None:
    text = "Sinus rhythm at 128 bpm. The QRS complex lasts 90 ms."
    ids = language.answer(text)
    assert language.text(ids) == text
    assert sum(token in language.digits() for token in ids) == 5
    assert len(ids) < len(text.split()) + 8
    assert len(language.before) < 40


def test_what_a_text_says_is_found() -> None:
    text = (
        "The rhythm is sinus rhythm at 73 bpm. P waves precede the QRS complexes and the PR interval is 164 ms. The "
        "QRS axis is -94°. QT/QTc are 407/448 ms. There is no ST elevation. In summary, the ECG shows sinus rhythm, "
        "anterior and septal ST depression and no atrial fibrillation."
    )
    found = statements(text)
    numbers = {"rate": 73, "pr": 164, "qt": 407, "qtc": 448, "axis": -94}
    assert {name: value for name, value in found.numbers.items() if value == value} == numbers
    assert (found.rhythm, found.raised, found.lowered) == ("sinus-rhythm", set(), {"anterior", "septal"})
    assert statements("Without sinus rhythm: atrial fibrillation, axis 5°.").rhythm == "atrial-fibrillation"


def test_texts_of_a_batch_are_about_as_long(data: Path) -> None:
    windows = Windows([data])
    lengths = [(7 * index) % 12 for index in range(12)]
    batches = windows.order(4, torch.Generator().manual_seed(1), lengths)
    rounds = [[sorted(lengths[index] for index in next(batches)) for _ in range(3)] for _ in range(5)]
    assert all(sorted(each) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] for each in rounds)
    assert any(each != rounds[0] for each in rounds), "batches come in any order"


def test_beats_lie_where_the_page_shows_them() -> None:
    beats = torch.zeros(1, 1000)
    # 5 s lie 1102 of 2200 pixels from the left: in the seventh of twelve columns, near its beginning. 0 s lie in the first.
    beats[0, 500], beats[0, 0] = 2, 1
    columns = along_columns(beats, SMALL)
    assert columns.shape == (1, 12, MOMENTS)
    assert columns.nonzero().tolist() == [[0, 0, 5], [0, 6, 0]] and columns[0, 6, 0] == 2
    # The lead I begins 477 pixels below the top of the padded page, V6 ends at 1837.
    assert rows_with_traces(SMALL) == slice(2, 11)


def test_texts_are_compared_with_the_truth() -> None:
    truth = {"rate_bpm": 80.0, "qrs_ms": 90.0, "pr_ms": 150.0, "qrs_axis_deg": 175.0}
    measured = {"heart_rate_bpm": 81.0, "qrs_ms": 106.0, "pr_ms": 152.0, "qrs_axis_deg": 178.0}
    row = {"truth": truth, "measured": measured, "disagreements": ["qrs"], "findings": ["sinus-rhythm"], "said": []}
    figures = compare(["Sinus rhythm at 84 bpm. The QRS duration is 300 ms. The QRS axis is -178°."], [row])
    assert (figures["rate_mae"], figures["rate_said"], figures["axis_mae"]) == (4.0, 1.0, 7.0)
    # That the machine measures another QRS duration excuses nothing. PR was not said.
    assert (figures["qrs_mae"], figures["pr_said"], figures["rhythm_right"]) == (210.0, 0.0, 1.0)


def test_files_that_do_not_fit_are_named(data: Path, tmp_path: Path) -> None:
    save_stage(tmp_path / "stage", {"model.norm.weight": torch.ones(3)}, {"sizes": vars(TINY)})
    with pytest.raises(ValueError, match=r"stage does not fit the model: model\.norm\.weight"):
        assemble(TINY, 400, [tmp_path / "stage"])
    with pytest.raises(ValueError, match="stage has the sizes"):
        assemble(SMALL, 400, [tmp_path / "stage"])
    with pytest.raises(ValueError, match="the stage has diverged"):
        save_stage(tmp_path / "nan", {"weight": torch.tensor([float("nan")])}, {})
    with pytest.raises(FileNotFoundError, match="weights file of an earlier stage"):
        load_stage(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="windows.jsonl is missing"):
        Windows([tmp_path])
    short = write_windows(tmp_path / "short", 2)
    (short / "ecg.i16").write_bytes(b"12")
    with pytest.raises(ValueError, match=r"ecg\.i16 holds 1 numbers, windows\.jsonl has 2 windows"):
        Windows([short])
