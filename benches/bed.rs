//! What a bed costs, beside `neurokit2` on the same leads in the same minutes.
//!
//! `cargo bench --bench bed` feeds chunks of 100 ms to a bed: time line, resampling, quality, detection, classes, marks of all
//! waves. Then `benches/bed_neurokit.py` cleans the same leads, finds their beats and marks their waves (interpreter:
//! `GEMWATCH_PYTHON`, else `python3`; it needs neurokit2). Compared is CPU time, as the machine may be busy. Everything runs
//! on one core. The bar: 5 ms for ten seconds of twelve leads (2,000 beds a core).

mod peer;

use std::{
    error::Error,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use gemwatch::{
    bed::{Bed, BedOutput, BedSettings},
    ecg::{Chunk, ChunkLead, Lead, STANDARD_LEADS, StreamId, Strip, Time},
    measure::measure,
};
use peer::{Peer, cpu_time};

/// Seconds of signal that each bed gets.
const SECONDS: usize = 60;
/// Runs of several beds one after another (CPU time is counted up at clock ticks); the first run does not count.
const RUNS: usize = 9;
const BEDS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let twelve_ms = bench("12 leads at 500 Hz", &STANDARD_LEADS, 500.0, true)?;
    bench("12 leads at 500 Hz, no marks", &STANDARD_LEADS, 500.0, false)?;
    bench("12 leads at 250 Hz", &STANDARD_LEADS, 250.0, true)?;
    bench("2 leads at 360 Hz", &STANDARD_LEADS[1..3], 360.0, true)?;
    bench_measure()?;
    match neurokit() {
        Ok(peer) => {
            let name = format!("NeuroKit2 {}, 12 leads", peer.version);
            println!("{name:<32} {:>8.2} ms CPU for 10 s, {:.2} ms wall", peer.cpu_ms, peer.wall_ms);
            println!("a bed: {:.0} times faster than NeuroKit2 by CPU time", peer.cpu_ms / twelve_ms);
        }
        Err(error) => println!("left out: NeuroKit2 ({error})"),
    }
    Ok(())
}

/// Runs beds over a minute; prints and returns the CPU time for ten seconds of signal in milliseconds.
fn bench(name: &str, leads: &[Lead], rate_hz: f64, points: bool) -> Result<f64, Box<dyn Error>> {
    let chunks = chunks(leads, rate_hz)?;
    let mut beats = 0;
    let mut bed = || {
        let mut bed = Bed::new(BedSettings { points, ..BedSettings::default() });
        for chunk in &chunks {
            let outputs = bed.push(black_box(chunk));
            beats += outputs.iter().filter(|output| matches!(output, BedOutput::Beat(_))).count();
        }
    };
    let mut runs_ms = Vec::with_capacity(RUNS + 1);
    for _ in 0..=RUNS {
        let begin = now();
        (0..BEDS).for_each(|_| bed());
        runs_ms.push(now().saturating_sub(begin).as_secs_f64() * 1e4 / (BEDS * SECONDS) as f64);
    }
    runs_ms.remove(0);
    runs_ms.sort_by(f64::total_cmp);
    let median_ms = runs_ms[RUNS / 2];
    println!(
        "{name:<32} {median_ms:>8.2} ms CPU for 10 s (bar: 5; {:.2} to {:.2}), {:.0} beds a core; {} beats a bed",
        runs_ms[0],
        runs_ms[RUNS - 1],
        10_000.0 / median_ms,
        beats / ((RUNS + 1) * BEDS),
    );
    Ok(median_ms)
}

/// What an alarm or a round costs beside it: the window of ten seconds, filtered, and its measurements.
fn bench_measure() -> Result<(), Box<dyn Error>> {
    let mut bed = Bed::new(BedSettings::default());
    for chunk in &chunks(&STANDARD_LEADS, 500.0)? {
        bed.push(chunk);
    }
    let begin = now();
    let windows: Vec<Strip> = (0..RUNS).filter_map(|_| black_box(&bed).window()).collect();
    let between = now();
    for window in &windows {
        black_box(measure(window));
    }
    let each_ms = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e3 / RUNS as f64;
    println!(
        "{:<32} {:>8.2} ms CPU, and {:.2} ms to measure it",
        "a window of 12 leads",
        each_ms(begin, between),
        each_ms(between, now())
    );
    Ok(())
}

/// CPU time of this thread where the system tells (Linux), else the time that passes.
fn now() -> Duration {
    thread_local!(static START: Instant = Instant::now());
    cpu_time().unwrap_or_else(|| START.with(Instant::elapsed))
}

/// Has `neurokit2` do its part on the first ten seconds.
fn neurokit() -> Result<Peer, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let samples = folder.path().join("leads.f32");
    let seconds = 0..5000;
    let rows = (0..STANDARD_LEADS.len()).flat_map(|lead| seconds.clone().map(move |n| sample_uv(lead, n, 500.0) / 1e3));
    fs::write(&samples, rows.flat_map(|mv| (mv as f32).to_le_bytes()).collect::<Vec<u8>>())?;
    let numbers = [STANDARD_LEADS.len().to_string(), "500".to_owned()].map(Into::into);
    Peer::run("bed_neurokit.py", &[&[samples.into()], &numbers[..]].concat())
}

/// Chunks of 100 ms.
fn chunks(leads: &[Lead], rate_hz: f64) -> Result<Vec<Chunk>, Box<dyn Error>> {
    let length = (rate_hz / 10.0) as usize;
    let stream_id = StreamId::new("bed-7")?;
    let chunk = |index: usize| Chunk {
        stream_id: stream_id.clone(),
        sequence: index as u64,
        start: Time::default().plus_samples((index * length) as i64, rate_hz),
        rate_hz,
        leads: leads
            .iter()
            .enumerate()
            .map(|(number, lead)| ChunkLead {
                lead: lead.clone(),
                gain_uv: 1.0,
                offset: 0,
                off: false,
                samples: (0..length).map(|n| sample_uv(number, index * length + n, rate_hz).round() as i32).collect(),
            })
            .collect(),
        pacer_marks: vec![],
    };
    Ok((0..SECONDS * 10).map(chunk).collect())
}

/// 72 beats a minute with wander and noise; each lead is another one.
fn sample_uv(lead: usize, sample: usize, rate_hz: f64) -> f64 {
    let seconds = sample as f64 / rate_hz;
    let phase = (seconds * 1.2).fract() / 1.2;
    let wave = |at: f64, width: f64, height: f64| height * (-((phase - at) / width).powi(2)).exp();
    let beat = wave(0.16, 0.025, 150.0) + wave(0.30, 0.01, 1200.0) - wave(0.33, 0.012, 300.0) + wave(0.55, 0.05, 300.0);
    let mixed = (sample as u32 * 32 + lead as u32).wrapping_mul(2_654_435_761);
    let noise = f64::from((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 8) / f64::from(1 << 24) - 0.5;
    (1.0 - lead as f64 * 0.07) * beat + 50.0 * (seconds * 1.9).sin() + 30.0 * noise
}
