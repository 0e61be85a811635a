//! Readings one after the other and all at once: what the continuous batch gains.
//!
//! Needs a model package large enough that decoding costs something, which none in the repository is:
//!
//!     GEMWATCH_BENCH_PACKAGE=DIR cargo bench --bench decode
//!
//! `GEMWATCH_BENCH_TOKENS` sets the length of a text (128), `GEMWATCH_BENCH_THREADS` the threads of the model (those of the
//! machine), `GEMWATCH_BENCH_DEVICE=cuda` takes the first GPU. Both ways go through the same engine with the same slots.
//! Printed are the whole time, the processor's time (where Linux says it; what else the machine does is not in it), and the
//! ratio of the two ways. A prompt costs the same in both, so the longer the texts, the smaller the ratio.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use gemwatch::ecg::{STANDARD_LEADS, Strip, StripLead, Time};
use gemwatch::gem::{
    Device, Engine, EngineOptions, Limits, Package, ReaderOptions, ReadingInput,
    engine::{Prepared, Priority, Written},
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

    // Buffers are made here.
    read(&engine, &inputs[..1]);
    read(&engine, &inputs);
    println!("{:21}{:>8}   {:>10}", "", "s", "s of cores");
    let started = Started::now();
    let mut alone = Vec::new();
    for input in &inputs {
        alone.extend(read(&engine, std::slice::from_ref(input)));
    }
    let one_after_the_other = started.told("one after the other");
    let started = Started::now();
    let together = read(&engine, &inputs);
    let at_once = started.told("all at once");

    println!(
        "ratio                {:8.3}   {:10.3}",
        at_once.0 / one_after_the_other.0,
        at_once.1 / one_after_the_other.1
    );
    let same = alone.iter().zip(&together).filter(|(alone, together)| alone.tokens == together.tokens).count();
    println!("the same tokens in {same} of {TEXTS} texts");
}

/// A moment, by the clock and by the processor.
struct Started(Instant, f64);

impl Started {
    fn now() -> Started {
        Started(Instant::now(), processor_s())
    }

    /// Prints the seconds since then, and gives them.
    fn told(&self, what: &str) -> (f64, f64) {
        let since = (self.0.elapsed().as_secs_f64(), processor_s() - self.1);
        println!("{what:21}{:8.2}   {:10.2}", since.0, since.1);
        since
    }
}

/// Seconds that this process has had of all cores; NaN where there is no /proc.
fn processor_s() -> f64 {
    // After the name in parentheses come the state and, at the 12th and 13th place, the ticks of 10 ms.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    if ticks.len() == 2 { ticks.iter().sum::<f64>() / 100.0 } else { f64::NAN }
}

/// Hands all in and waits for all.
fn read(engine: &Engine, inputs: &[Prepared]) -> Vec<Written> {
    let submit = |input: &Prepared| engine.submit(input.clone(), Priority::Medium, None).expect("there is room");
    let pending: Vec<_> = inputs.iter().map(submit).collect();
    pending.into_iter().map(|pending| pending.wait(&|| false, &mut |_| {}).expect("a text")).collect()
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
