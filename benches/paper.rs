//! How long a page takes, beside matplotlib drawing the same page in the same minutes.
//!
//! `cargo bench --bench paper` draws twelve leads of ten seconds at 500 Hz on both layouts, encodes them as PNG in memory, and then
//! has `benches/paper_matplotlib.py` draw GEM's page from the same samples (interpreter: `GEMWATCH_PYTHON`, else `python3`; it
//! needs matplotlib). Compared is CPU time, as the machine may be busy. Everything runs on one core.
//! GEM's page is also drawn and made ready for the image encoder, as before every reading, in each image mode.
//! Bars: 15 ms a page, encoded or made ready as GEM was trained (mode ori), and 20 times faster than matplotlib.

mod peer;

use std::{
    error::Error,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use gemwatch::{
    ecg::{Lead, STANDARD_LEADS, StreamId, Strip, StripLead, Time},
    gem::{
        image::{ImageError, pixel_values},
        manifest::{ImageMerge, ImageMode, ImageSpec},
    },
    paper::{Layout, Mark, MarkKind, Page, PageInfo, draw, write_png},
};
use peer::{Peer, cpu_time};

const RATE_HZ: f64 = 500.0;
const SAMPLES: usize = 5000;
const WARM_UP: usize = 5;
const PAGES: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let strip = sinus_rhythm();
    let mut marked = Page::new(Layout::ClinicianPage);
    marked.caption = ["Bed 7", "HR 72/min", "PR 160 ms", "QRS 90 ms", "QT/QTc 380/410 ms"].map(String::from).to_vec();
    marked.marks = vec![
        Mark { lead: Lead::II, from_s: 1.0, to_s: 1.6, label: Some("PR 160 ms".to_owned()), kind: MarkKind::Supported },
        Mark { lead: Lead::V2, from_s: 5.5, to_s: 6.5, label: Some("ST".to_owned()), kind: MarkKind::Contradicted },
    ];
    let gem_ms = bench("GEM's page", &strip, &Page::new(Layout::GemPage))?;
    for (name, mode) in [("ori", ImageMode::Ori), ("pad", ImageMode::Pad), ("anyres", ImageMode::Anyres)] {
        bench_preprocessing(name, &strip, &image_spec(mode))?;
    }
    bench("clinician's page", &strip, &Page::new(Layout::ClinicianPage))?;
    bench("clinician's page with marks", &strip, &marked)?;

    match matplotlib(&strip) {
        Ok(peer) => {
            println!(
                "{:<28} {:>7.2} ms CPU, {:.2} ms wall",
                format!("matplotlib {}", peer.version),
                peer.cpu_ms,
                peer.wall_ms
            );
            println!("GEM's page: {:.1} times faster than matplotlib by CPU time (bar: 20)", peer.cpu_ms / gem_ms);
        }
        Err(error) => println!("left out: matplotlib ({error})"),
    }
    Ok(())
}

/// Draws and encodes pages; prints and returns the CPU time of one in milliseconds.
fn bench(name: &str, strip: &Strip, page: &Page) -> Result<f64, Box<dyn Error>> {
    let stream_id = StreamId::new("bed-7")?;
    let mut bytes = 0;
    let mut one = |drawing: &mut Duration| -> Result<Duration, Box<dyn Error>> {
        let begin = Instant::now();
        let image = draw(black_box(strip), black_box(page));
        *drawing += begin.elapsed();
        let mut png = Vec::new();
        write_png(&mut png, &image, &PageInfo::of(&stream_id, strip, page))?;
        bytes = black_box(png).len();
        Ok(begin.elapsed())
    };
    let mut drawing = Duration::ZERO;
    for _ in 0..WARM_UP {
        one(&mut drawing)?;
    }
    drawing = Duration::ZERO;
    let cpu_begin = cpu_time();
    let mut wall = Vec::with_capacity(PAGES);
    for _ in 0..PAGES {
        wall.push(one(&mut drawing)?.as_secs_f64() * 1e3);
    }
    let cpu_ms = match (cpu_begin, cpu_time()) {
        (Some(begin), Some(end)) => end.saturating_sub(begin).as_secs_f64() * 1e3 / PAGES as f64,
        _ => wall.iter().sum::<f64>() / PAGES as f64,
    };
    wall.sort_by(f64::total_cmp);
    let drawing_ms = drawing.as_secs_f64() * 1e3 / PAGES as f64;
    println!(
        "{name:<28} {cpu_ms:>7.2} ms CPU (bar: 15), {:.2} ms wall (median, fastest {:.2}), of it {drawing_ms:.2} drawing; {} kB",
        wall[PAGES / 2],
        wall[0],
        bytes / 1000,
    );
    Ok(cpu_ms)
}

/// Draws GEM's page and makes its tiles; prints the CPU time of both and the median time of each.
fn bench_preprocessing(mode: &str, strip: &Strip, spec: &ImageSpec) -> Result<(), Box<dyn Error>> {
    let page = Page::new(Layout::GemPage);
    let one = || -> Result<[f64; 2], ImageError> {
        let begin = Instant::now();
        let image = draw(black_box(strip), black_box(&page));
        let drawn = Instant::now();
        black_box(pixel_values(&image, black_box(spec))?);
        Ok([drawn - begin, drawn.elapsed()].map(|time| time.as_secs_f64() * 1e3))
    };
    for _ in 0..WARM_UP {
        one()?;
    }
    let cpu_begin = cpu_time();
    let times = (0..PAGES).map(|_| one()).collect::<Result<Vec<_>, _>>()?;
    let cpu_end = cpu_time();
    let median = |part: usize| {
        let mut times: Vec<f64> = times.iter().map(|times| times[part]).collect();
        times.sort_by(f64::total_cmp);
        times[PAGES / 2]
    };
    let (drawing_ms, preprocessing_ms) = (median(0), median(1));
    let cpu_ms = match (cpu_begin, cpu_end) {
        (Some(begin), Some(end)) => end.saturating_sub(begin).as_secs_f64() * 1e3 / PAGES as f64,
        _ => drawing_ms + preprocessing_ms,
    };
    println!(
        "{:<28} {cpu_ms:>7.2} ms CPU; wall (medians): {drawing_ms:.2} drawing, {preprocessing_ms:.2} preprocessing",
        format!("GEM's page, ready in {mode}"),
    );
    Ok(())
}

/// The image preprocessing of GEM.
fn image_spec(mode: ImageMode) -> ImageSpec {
    ImageSpec {
        mode,
        size: 336,
        patches: 576,
        grid: vec![(336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008)],
        merge: ImageMerge::Flat,
        mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
        std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
        pad_rgb: [122, 116, 104],
    }
}

/// Has matplotlib draw the same samples.
fn matplotlib(strip: &Strip) -> Result<Peer, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let samples = folder.path().join("leads.f32");
    let bytes: Vec<u8> =
        strip.leads.iter().flat_map(|lead| &lead.samples_mv).flat_map(|sample| sample.to_le_bytes()).collect();
    fs::write(&samples, bytes)?;
    let page = folder.path().join("page.png");
    Peer::run("paper_matplotlib.py", &[samples.into(), page.into(), RATE_HZ.to_string().into()])
}

/// 72 beats a minute with wander and noise; smooth and noisy stretches cost differently, so both are there.
fn sinus_rhythm() -> Strip {
    let mut noise = 1_u32;
    let mut lead = |index: usize| {
        let scale = 1.0 - index as f64 * 0.12;
        let samples_mv = (0..SAMPLES).map(|sample| {
            let seconds = sample as f64 / RATE_HZ;
            let phase = (seconds * 1.2).fract() / 1.2;
            let wave = |at: f64, width: f64, height: f64| height * (-((phase - at) / width).powi(2)).exp();
            let beat = wave(0.16, 0.025, 0.15) + wave(0.30, 0.01, 1.2) - wave(0.33, 0.012, 0.3) + wave(0.55, 0.05, 0.3);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise_mv = (f64::from(noise >> 8) / f64::from(1 << 24) - 0.5) * 0.03;
            (scale * beat + 0.05 * (seconds * 1.9).sin() + noise_mv) as f32
        });
        samples_mv.collect::<Vec<f32>>()
    };
    let leads = STANDARD_LEADS
        .iter()
        .enumerate()
        .map(|(index, name)| StripLead { lead: name.clone(), derived: false, samples_mv: lead(index) })
        .collect();
    Strip { start: Time::from_nanos(1_795_521_600_000_000_000), rate_hz: RATE_HZ, leads }
}
