//! Readings one after the other and all at once: what the continuous batch gains.
//!
//! Needs a model package large enough that decoding costs something, which none in the repository is:
//!
//!     GEMWATCH_BENCH_PACKAGE=DIR cargo bench --bench decode
//!
//! `GEMWATCH_BENCH_TOKENS` sets the length of a text (128), `GEMWATCH_BENCH_THREADS` the threads of the model (those of the
//! machine), `GEMWATCH_BENCH_DEVICE=cuda` takes the first GPU. Both ways go through the same engine with the same slots.
//! Printed are the whole time, the time from the first to the last token of a text, and the ratio of the two ways.

use std::env;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gemwatch::ecg::{STANDARD_LEADS, Strip, StripLead, Time};
use gemwatch::gem::{
    Device, Engine, EngineOptions, Limits, Package, ReaderOptions, ReadingInput,
    engine::{Prepared, Priority},
    runtime,
};
use image::{Rgb, RgbImage};

const TEXTS: usize = 8;

fn main() {
    let Some(package) = env::var_os("GEMWATCH_BENCH_PACKAGE").map(PathBuf::from) else {
        println!("left out: GEMWATCH_BENCH_PACKAGE names no model package");
        return;
    };
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let tokens = number("GEMWATCH_BENCH_TOKENS").unwrap_or(128);
    let device = if env::var_os("GEMWATCH_BENCH_DEVICE").is_some() { Device::Cuda(0) } else { Device::Cpu };
    let default = ReaderOptions::default();
    let intra_threads = number("GEMWATCH_BENCH_THREADS").unwrap_or(default.intra_threads);
    let options = EngineOptions {
        reader: ReaderOptions { intra_threads, device },
        kv_budget_bytes: 1 << 40,
        most_slots: TEXTS,
        max_new_tokens: Some(tokens),
        ..EngineOptions::default()
    };
    let package = Package::open(&package).expect("a model package");
    println!("{}, {device}, {intra_threads} threads, {tokens} tokens a text", package.manifest().name);
    let engine = Engine::start(package, runtime::load(None).expect("ONNX Runtime"), options).expect("an engine");
    let inputs: Vec<Prepared> = (0..TEXTS).map(|text| input(&engine, text, tokens)).collect();

    read(&engine, &inputs[..1]); // Buffers are made here.
    let started = Instant::now();
    let mut alone = Vec::new();
    for input in &inputs {
        alone.extend(read(&engine, std::slice::from_ref(input)));
    }
    let one_after_the_other = started.elapsed();
    read(&engine, &inputs);
    let started = Instant::now();
    let together = read(&engine, &inputs);
    let at_once = started.elapsed();

    let decoding = alone.iter().map(|text| text.decoding).sum::<Duration>().as_secs_f64();
    let per_token = decoding * 1e3 / (TEXTS * (tokens - 1)) as f64;
    println!(
        "one after the other: {:.2} s, {per_token:.1} ms a token once the first is there",
        one_after_the_other.as_secs_f64()
    );
    let slowest = together.iter().map(|text| text.decoding).max().unwrap_or_default();
    println!(
        "{TEXTS} at once:           {:.2} s, at most {:.2} s from first to last token",
        at_once.as_secs_f64(),
        slowest.as_secs_f64()
    );
    println!("ratio:               {:.3}", at_once.as_secs_f64() / one_after_the_other.as_secs_f64());
    let same = alone.iter().zip(&together).filter(|(alone, together)| alone.tokens == together.tokens).count();
    println!("same tokens:         {same} of {TEXTS}");
}

/// A text and the time from its first to its last piece.
struct Text {
    tokens: Vec<u32>,
    decoding: Duration,
}

/// Hands all in and waits for all.
fn read(engine: &Engine, inputs: &[Prepared]) -> Vec<Text> {
    std::thread::scope(|scope| {
        let read = |input: &Prepared| {
            let pending = engine.submit(input.clone(), Priority::Medium, None).expect("there is room");
            scope.spawn(move || {
                let mut first = None;
                let written = pending.wait(&|| false, &mut |_| {
                    first.get_or_insert_with(Instant::now);
                });
                let decoding = first.map_or(Duration::ZERO, |first| first.elapsed());
                Text { tokens: written.expect("a text").tokens, decoding }
            })
        };
        let threads: Vec<_> = inputs.iter().map(read).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// A heart of another rate for each text, on an empty page.
fn input(engine: &Engine, text: usize, tokens: usize) -> Prepared {
    let period = 300 + 40 * text;
    let samples = |scale: f32| (0..5000).map(|n| if n % period < 20 { scale } else { 0.01 * (n % 7) as f32 }).collect();
    let lead = |(number, lead): (usize, &gemwatch::ecg::Lead)| StripLead {
        lead: lead.clone(),
        derived: false,
        samples_mv: samples(1.0 - 0.05 * number as f32),
    };
    let leads = STANDARD_LEADS.iter().enumerate().map(lead).collect();
    let strip = Strip { start: Time::default(), rate_hz: 500.0, leads };
    let page = RgbImage::from_pixel(2200, 1700, Rgb([255; 3]));
    let input = ReadingInput { strip: &strip, page: &page, question: None, max_new_tokens: Some(tokens) };
    let prepared = engine.preparation().prepare(&input).expect("an input");
    let limits = Limits { max_new_tokens: tokens, stop_at_end_of_text: false };
    Prepared { limits, ..prepared }
}
