//! Each quality on a signal made for it, and what must not be mistaken for an artifact.

use super::*;
use crate::ecg::Lead;
use crate::signal::resample::Resample;
use proptest::prelude::*;

const MINUTE: usize = 60 * SECOND;

/// Noise of an electrode and amplifier, about 10 µV root mean square, always the same.
fn noise(n: usize) -> f32 {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x >> 40) as f32 / (1_u64 << 24) as f32 - 0.5) * 0.035
}

fn wave(n: usize, hz: f32) -> f32 {
    (2.0 * std::f32::consts::PI * hz * (n as f32 / SECOND as f32)).sin()
}

/// Narrow complexes and T waves at 75 bpm.
fn ecg(n: usize) -> f32 {
    let t_s = (n % 400) as f32 / SECOND as f32 - 0.3;
    let bump = |at: f32, width: f32| (-(t_s - at).powi(2) / (2.0 * width * width)).exp();
    1.2 * bump(0.0, 0.012) - 0.3 * bump(0.03, 0.01) + 0.3 * bump(0.25, 0.05) + 0.1 * bump(-0.16, 0.02)
}

fn qualities(seconds: usize, sample_mv: impl Fn(usize) -> f32) -> Vec<Quality> {
    let (mut meter, mut spectrum) = (QualityMeter::new(), Spectrum::default());
    (0..seconds * SECOND).filter_map(|n| meter.push(sample_mv(n), true, &mut spectrum)).collect()
}

fn most_often(qualities: &[Quality]) -> Quality {
    let count = |quality: &Quality| qualities.iter().filter(|other| *other == quality).count();
    *qualities.iter().max_by_key(|quality| count(quality)).unwrap()
}

#[test]
fn signals_are_good_whatever_the_heart_does() {
    type Signal = fn(usize) -> f32;
    let signals: [(&str, Signal); 6] = [
        ("sinus rhythm", |n| ecg(n) + noise(n)),
        ("asystole", noise),
        ("asystole through a converter of 5 µV a step", |n| (noise(n) * 200.0).round() / 200.0),
        ("asystole with an amplifier of little noise", |n| noise(n) / 5.0),
        ("ventricular fibrillation", |n| 0.6 * wave(n, 4.3) + 0.4 * wave(n, 5.7) + 0.2 * wave(n, 8.1) + noise(n)),
        ("ventricular flutter of 5 mV peak to peak", |n| 2.5 * wave(n, 4.0) + noise(n)),
    ];
    for (name, signal) in signals {
        assert_eq!(qualities(60, signal), vec![Quality::Good; 60], "{name}");
    }
}

#[test]
fn each_artifact_is_named() {
    type Signal = fn(usize) -> f32;
    let signals: [(Quality, Signal); 9] = [
        (Quality::Flat, |_| 0.0),
        (Quality::Flat, |_| 300.0),
        (Quality::Clipped, |n| (5.0 * wave(n, 3.0)).clamp(-2.5, 2.5)),
        (Quality::Clipped, |n| (2.0 * wave(n, 1.0) + ecg(n) + noise(n)).min(1.5)),
        (Quality::Impulse, |n| ecg(n) + 2.0 * ((n / SECOND) % 2) as f32),
        (Quality::Impulse, |n| ecg(n) + if n % SECOND < 20 { 9.0 } else { 0.0 }),
        (Quality::Muscle, |n| ecg(n) + 8.0 * noise(n)),
        (Quality::Wander, |n| ecg(n) + noise(n) + 0.5 * wave(n, 0.25)),
        (Quality::Mains, |n| ecg(n) + noise(n) + 0.1 * wave(n, 50.2)),
    ];
    for (index, (quality, signal)) in signals.into_iter().enumerate() {
        assert_eq!(most_often(&qualities(60, signal)), quality, "signal {index}");
    }
    assert_eq!(most_often(&qualities(60, |n| ecg(n) + noise(n) + 0.1 * wave(n, 59.8))), Quality::Mains);
}

#[test]
fn half_a_second_without_samples_is_off_and_what_was_before_is_forgotten() {
    let (mut meter, mut spectrum) = (QualityMeter::new(), Spectrum::default());
    let lost = |n: usize| (SECOND..3 * SECOND + SECOND / 2).contains(&n);
    let sample_mv = |n: usize| ecg(n) + noise(n) + if n >= 3 * SECOND { 2.0 } else { 0.0 };
    let seen: Vec<Quality> =
        (0..6 * SECOND).filter_map(|n| meter.push(sample_mv(n), !lost(n), &mut spectrum)).collect();
    assert_eq!(seen, [Quality::Good, Quality::Off, Quality::Off, Quality::Off, Quality::Good, Quality::Good]);
}

#[test]
fn a_dead_lead_is_flat_at_any_rate_and_offset_and_asystole_is_not() {
    for rate_hz in [50.0, 128.0, 250.0, 360.0, 500.0, 1000.0, 4000.0] {
        for offset_mv in [0.0_f32, 5.0, -300.0] {
            for (noisy, expected) in [(false, Quality::Flat), (true, Quality::Good)] {
                let value = |n: usize| offset_mv + if noisy { noise(n) } else { 0.0 };
                let row: Vec<f32> = (0..(rate_hz * 5.0) as usize).map(value).collect();
                let block = Resample::new(vec![Lead::II], rate_hz).push(&[row]);
                let (mut meter, mut spectrum) = (QualityMeter::new(), Spectrum::default());
                let seen: Vec<_> =
                    block.leads[0].samples_mv.iter().filter_map(|x| meter.push(*x, true, &mut spectrum)).collect();
                assert_eq!(seen[1..], vec![expected; seen.len() - 1], "{rate_hz} Hz, {offset_mv} mV");
            }
        }
    }
}

#[test]
fn a_pacemakers_pulse_is_no_impulse() {
    let paced = |n: usize| ecg(n) + noise(n) + if n % 400 == 60 { 12.0 } else { 0.0 };
    assert!(!qualities(60, paced).contains(&Quality::Impulse));
}

#[test]
fn the_cost_of_a_second_of_a_lead() {
    let (mut meter, mut spectrum) = (QualityMeter::new(), Spectrum::default());
    let samples: Vec<f32> = (0..MINUTE).map(|n| ecg(n) + noise(n)).collect();
    let started = std::time::Instant::now();
    let count = samples.iter().filter_map(|x| meter.push(*x, true, &mut spectrum)).count();
    let micros = started.elapsed().as_secs_f64() * 1e6 / count as f64;
    eprintln!("{micros:.1} µs a second of a lead");
    // Tests are built with little optimisation and share the machine: an order of magnitude is what they can hold.
    assert!(micros < 1000.0, "{micros} µs");
}

proptest! {
    /// Whatever comes, there is one quality a second, and a weight from 0 to 1.
    #[test]
    fn any_number_is_judged(values in prop::collection::vec(prop::num::f32::ANY, 1..40), valid in any::<u64>()) {
        let (mut meter, mut spectrum) = (QualityMeter::new(), Spectrum::default());
        let seen: Vec<Quality> = (0..2 * SECOND)
            .filter_map(|n| meter.push(values[n % values.len()], valid >> (n % 64) & 1 == 1, &mut spectrum))
            .collect();
        prop_assert_eq!(seen.len(), 2);
        prop_assert!(seen.iter().all(|quality| (0.0..=1.0).contains(&quality.weight())));
    }
}
