//! What a reading costs: encoders, prompt, tokens, whole readings, beside transformers on the same weights.
//!
//! Needs a model package large enough that decoding costs something, which none in the repository is, and for the peer the
//! checkpoint that it was exported from (`benches/model_transformers.py`, interpreter `GEMWATCH_PYTHON`, else `python3`; it needs
//! torch and transformers). `onnx/make_untrained.py --size 150m` makes such a checkpoint with random weights.
//!
//!     GEMWATCH_BENCH_PACKAGE=DIR GEMWATCH_BENCH_CHECKPOINT=DIR cargo bench --bench model
//!
//! `GEMWATCH_BENCH_DEVICE=cuda` takes the first GPU, `GEMWATCH_BENCH_BATCHES` says how many texts are decoded together
//! ("1,8"), `GEMWATCH_BENCH_TOKENS` how long each is (64), and `GEMWATCH_BENCH_THREADS` sets the threads (those of the machine).
//! Decoding waits for memory, so the share of its bandwidth is given: measured on a CPU, on a GPU what `GEMWATCH_BENCH_GB_S`
//! says. Times are those of the clock: leave the machine alone. Bars, on a CPU: a token 2.5 times faster than transformers in
//! fp32 and 6 times in int8; the image encoder 2 and 5 times; eight readings at once in 0.35 of the time of one after the
//! other.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use gemwatch::ecg::{Lead, STANDARD_LEADS, Strip, StripLead, Time};
use gemwatch::gem::{
    Device, Engine, EngineOptions, GemReader, Limits, Package, ReaderOptions, ReadingInput, Runtime,
    engine::{Prepared, Priority, Written},
    runtime,
};
use gemwatch::paper::{Layout, Page, draw};
use image::RgbImage;
use ndarray::Array4;
use serde::Deserialize;

const ROUNDS: usize = 3;
/// How many readings are compared with as many one after the other.
const READINGS: usize = 8;

/// What the peer's last line says.
#[derive(Deserialize)]
struct Peer {
    version: String,
    /// Milliseconds by part.
    ms: BTreeMap<String, f64>,
}

/// What was measured, and its milliseconds.
type Part = (String, f64);

struct Settings {
    package: PathBuf,
    checkpoint: Option<PathBuf>,
    device: Device,
    threads: usize,
    batches: Vec<usize>,
    tokens: usize,
    gb_s: Option<f64>,
}

fn settings() -> Option<Settings> {
    let text = |name: &str| env::var(name).ok();
    let number = |name: &str| text(name).and_then(|text| text.parse::<usize>().ok());
    let batches = text("GEMWATCH_BENCH_BATCHES").unwrap_or_else(|| "1,8".to_owned());
    Some(Settings {
        package: env::var_os("GEMWATCH_BENCH_PACKAGE")?.into(),
        checkpoint: env::var_os("GEMWATCH_BENCH_CHECKPOINT").map(PathBuf::from),
        device: if text("GEMWATCH_BENCH_DEVICE").is_some_and(|text| text == "cuda") {
            Device::Cuda(0)
        } else {
            Device::Cpu
        },
        threads: number("GEMWATCH_BENCH_THREADS").unwrap_or(ReaderOptions::default().intra_threads),
        batches: batches.split(',').filter_map(|text| text.trim().parse().ok()).collect(),
        tokens: number("GEMWATCH_BENCH_TOKENS").unwrap_or(64).max(2),
        gb_s: text("GEMWATCH_BENCH_GB_S").and_then(|text| text.parse().ok()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(settings) = settings() else {
        println!("left out: GEMWATCH_BENCH_PACKAGE names no model package");
        return Ok(());
    };
    let runtime = runtime::load(None)?;
    let (mut ours, prompt) = parts(&settings, &runtime)?;
    let mut tokens = Vec::new();
    for &batch in &settings.batches {
        tokens.push((batch, token_ms(&settings, &runtime, batch)?));
    }
    ours.extend(tokens.iter().map(|(batch, ms)| (format!("token, batch {batch}"), *ms)));
    let peer =
        settings.checkpoint.as_deref().map(|checkpoint| transformers(&settings, checkpoint, prompt)).transpose()?;
    let with = peer.as_ref().map_or(String::new(), |peer| format!(", beside transformers {}", peer.version));
    println!(
        "{}, {}, {} threads, prompt of {prompt}{with}",
        Package::open(&settings.package)?.manifest().name,
        settings.device,
        settings.threads
    );
    for (part, ms) in &ours {
        let beside = peer.as_ref().and_then(|peer| peer.ms.get(part));
        let beside = beside.map_or(String::new(), |peer_ms| format!("{peer_ms:10.1} ms {:6.2} x", peer_ms / ms));
        println!("{part:<22}{ms:10.1} ms{beside}");
    }
    let measured = || (settings.device == Device::Cpu).then(|| memory_gb_s(settings.threads));
    if let Some(gb_s) = settings.gb_s.or_else(measured) {
        let package = Package::open(&settings.package)?;
        let weights_bytes = fs::metadata(settings.package.join("decoder.onnx.data"))?.len() as f64;
        let text_bytes = package.manifest().decoder.bytes_per_position() as f64 * (prompt + settings.tokens / 2) as f64;
        for (batch, ms) in tokens {
            // A step reads every weight of the decoder once, and the keys and values of each text.
            let read_gb = (weights_bytes + batch as f64 * text_bytes) / 1e9;
            let share = read_gb / (ms / 1e3) / gb_s * 100.0;
            println!("token, batch {batch:<8}{read_gb:10.2} GB {share:9.0} % of {gb_s:.1} GB/s");
        }
    }
    at_once(&settings, &runtime)
}

/// What so many threads read from memory, in GB/s: the best of some rounds.
fn memory_gb_s(threads: usize) -> f64 {
    const FLOATS: usize = 1 << 27;
    const LANES: usize = 64;
    let memory = vec![1.0_f32; FLOATS];
    let sum = |part: &[f32]| {
        let mut lanes = [0.0_f32; LANES];
        for values in part.chunks_exact(LANES) {
            lanes.iter_mut().zip(values).for_each(|(lane, value)| *lane += value);
        }
        black_box(lanes);
    };
    let seconds = (0..=ROUNDS).map(|_| {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for part in memory.chunks(FLOATS.div_ceil(threads)) {
                scope.spawn(move || sum(part));
            }
        });
        started.elapsed().as_secs_f64()
    });
    4.0 * FLOATS as f64 / 1e9 / seconds.fold(f64::INFINITY, f64::min)
}

/// Encoders and prompt in milliseconds, and the prompt's positions.
fn parts(settings: &Settings, runtime: &Runtime) -> Result<(Vec<Part>, usize), Box<dyn Error>> {
    let package = Package::open(&settings.package)?;
    let options = ReaderOptions { intra_threads: settings.threads, device: settings.device };
    let mut reader = GemReader::new(&package, runtime, options)?;
    let (strip, page) = window(0);
    let prepared = reader.preparation().prepare(&reading(&strip, &page, 1))?;
    let side = reader.manifest().image.size as usize;
    let tile = Array4::from_shape_fn((1, 3, side, side), |(_, channel, y, x)| {
        ((channel + y * 7 + x * 3) % 11) as f32 / 5.0 - 1.0
    });
    let image_ms = median_ms(|| reader.tile_tokens(tile.clone()).map(drop))?;
    let ecg_ms = median_ms(|| reader.ecg_tokens(&prepared.ecg).map(drop))?;
    let (ecg_tokens, image_tokens) = (reader.ecg_tokens(&prepared.ecg)?, reader.image_tokens(&page)?);
    let prompt = reader.splice(&prepared.prompt, &ecg_tokens, &image_tokens)?;
    let prompt_ms = median_ms(|| reader.first_logits(&prompt).map(drop))?;
    let parts = [("image encoder, a tile", image_ms), ("ecg encoder", ecg_ms), ("prompt", prompt_ms)];
    Ok((parts.map(|(part, ms)| (part.to_owned(), ms)).into(), prompt.nrows()))
}

/// Milliseconds of a step of so many texts at once: what longer texts take more, a token.
fn token_ms(settings: &Settings, runtime: &Runtime, batch: usize) -> Result<f64, Box<dyn Error>> {
    let engine = engine(settings, runtime, batch)?;
    let short = median_ms(|| read(&engine, batch, 1).map(drop))?;
    let long = median_ms(|| read(&engine, batch, settings.tokens).map(drop))?;
    Ok((long - short) / (settings.tokens - 1) as f64)
}

/// Whole readings, one after the other and all at once.
fn at_once(settings: &Settings, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let engine = engine(settings, runtime, READINGS)?;
    read(&engine, READINGS, 2)?;
    let started = Instant::now();
    let mut alone = Vec::new();
    for number in 0..READINGS {
        alone.extend(read_these(&engine, number..number + 1, settings.tokens)?);
    }
    let one_after_the_other_s = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let together = read(&engine, READINGS, settings.tokens)?;
    let at_once_s = started.elapsed().as_secs_f64();
    let same = alone.iter().zip(&together).filter(|(alone, together)| alone.tokens == together.tokens).count();
    println!(
        "{READINGS} readings of {} tokens: one after the other {one_after_the_other_s:.1} s, at once {at_once_s:.1} s, ratio \
         {:.3}; the same tokens in {same}",
        settings.tokens,
        at_once_s / one_after_the_other_s
    );
    Ok(())
}

fn transformers(settings: &Settings, checkpoint: &Path, prompt: usize) -> Result<Peer, Box<dyn Error>> {
    let python = env::var("GEMWATCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let batches: Vec<String> = settings.batches.iter().map(usize::to_string).collect();
    let device = if settings.device == Device::Cpu { "cpu" } else { "cuda" };
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/model_transformers.py"))
        .arg(checkpoint)
        .args([
            device,
            &settings.threads.to_string(),
            &prompt.to_string(),
            &settings.tokens.to_string(),
            &batches.join(","),
        ])
        .output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("transformers failed: {}", reason.lines().last().unwrap_or("no reason given")).into());
    }
    Ok(serde_json::from_str(String::from_utf8(output.stdout)?.lines().last().unwrap_or_default())?)
}

fn engine(settings: &Settings, runtime: &Runtime, slots: usize) -> Result<Engine, Box<dyn Error>> {
    let options = EngineOptions {
        reader: ReaderOptions { intra_threads: settings.threads, device: settings.device },
        kv_budget_bytes: 1 << 40,
        most_slots: slots,
        max_new_tokens: Some(settings.tokens),
        ..EngineOptions::default()
    };
    Ok(Engine::start(Package::open(&settings.package)?, runtime.clone(), options)?)
}

fn read(engine: &Engine, texts: usize, tokens: usize) -> Result<Vec<Written>, Box<dyn Error>> {
    read_these(engine, 0..texts, tokens)
}

/// Hands all in and waits for all.
fn read_these(engine: &Engine, texts: std::ops::Range<usize>, tokens: usize) -> Result<Vec<Written>, Box<dyn Error>> {
    let submit = |number: usize| {
        let (strip, page) = window(number);
        let prepared = engine.preparation().prepare(&reading(&strip, &page, tokens))?;
        let limits = Limits { max_new_tokens: tokens, stop_at_end_of_text: false };
        Ok(engine.submit(Prepared { limits, ..prepared }, Priority::Medium, None)?)
    };
    let pending: Vec<_> = texts.map(submit).collect::<Result<_, Box<dyn Error>>>()?;
    pending.into_iter().map(|pending| Ok(pending.wait(&|| false, &mut |_| {})?)).collect()
}

/// Median of some rounds after one to warm up.
fn median_ms<E: Into<Box<dyn Error>>>(mut work: impl FnMut() -> Result<(), E>) -> Result<f64, Box<dyn Error>> {
    work().map_err(Into::into)?;
    let mut times_ms = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        work().map_err(Into::into)?;
        times_ms.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times_ms.sort_by(f64::total_cmp);
    Ok(times_ms[ROUNDS / 2])
}

/// A heart of another rate for each number, and its page.
fn window(number: usize) -> (Strip, RgbImage) {
    let period = 300 + 40 * number;
    let samples = |scale: f32| (0..5000).map(|n| if n % period < 20 { scale } else { 0.01 * (n % 7) as f32 }).collect();
    let lead = |(place, lead): (usize, &Lead)| StripLead {
        lead: lead.clone(),
        derived: false,
        samples_mv: samples(1.0 - 0.05 * place as f32),
    };
    let leads = STANDARD_LEADS.iter().enumerate().map(lead).collect();
    let strip = Strip { start: Time::default(), rate_hz: 500.0, leads };
    let page = draw(&strip, &Page::new(Layout::GemPage));
    (strip, page)
}

fn reading<'a>(strip: &'a Strip, page: &'a RgbImage, tokens: usize) -> ReadingInput<'a> {
    ReadingInput { strip, page, question: None, max_new_tokens: Some(tokens) }
}
