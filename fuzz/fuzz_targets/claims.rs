//! Any text as the reading of a window: claims in its order, each within it, each with a verdict.
#![no_main]

use std::sync::LazyLock;

use gemwatch::{
    criteria::{Examination, examine},
    ecg::{STANDARD_LEADS, Strip, StripLead, Time},
    evaluate::exact,
    grounding::{Tally, ground},
    measure::{Measurements, measure},
};
use libfuzzer_sys::fuzz_target;

/// Ten seconds of a plain rhythm, measured once.
static MEASURED: LazyLock<(Measurements, Examination)> = LazyLock::new(|| {
    let beat = |n: usize| {
        let at = (n % 400) as f32;
        let wave = |centre: f32, width: f32, height: f32| height * (-((at - centre) / width).powi(2)).exp();
        wave(100.0, 12.0, 0.12) + wave(180.0, 6.0, 1.1) - wave(192.0, 5.0, 0.3) + wave(310.0, 25.0, 0.3)
    };
    let samples_mv: Vec<f32> = (0..5000).map(beat).collect();
    let lead =
        |lead: &gemwatch::ecg::Lead| StripLead { lead: lead.clone(), derived: false, samples_mv: samples_mv.clone() };
    let strip = Strip { start: Time::default(), rate_hz: 500.0, leads: STANDARD_LEADS.iter().map(lead).collect() };
    let measurements = measure(&strip);
    let examination = examine(&strip, &measurements);
    (measurements, examination)
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (measurements, examination) = &*MEASURED;
    let grounded = ground(text, measurements, examination);
    let mut end = 0;
    for claim in &grounded.claims {
        assert!(end <= claim.from && claim.from < claim.to, "{claim:?} after {end}");
        assert_eq!(text.get(claim.from..claim.to), Some(claim.text.as_str()));
        assert!([claim.value, claim.value_to, claim.measured].into_iter().flatten().all(f64::is_finite), "{claim:?}");
        assert!(claim.from_s <= claim.to_s);
        end = claim.to;
    }
    assert!(grounded.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
    exact::scores(text, &grounded.claims);
    Tally::of([grounded.claims.as_slice()]);
});
