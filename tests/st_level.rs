//! ST levels against known ones through the whole path: chunks, resampling, the bed's window, average beat, measurement.
//!
//! The bar is that of bedside monitors (as Philips and Mindray disclose it): within 0.02 mV or 10 %, whichever is more,
//! from -0.8 to 0.8 mV. Beats are synthetic, so that the level is known: a flat ST segment between a QRS complex and a
//! T wave. Over them lie wander (breathing), muscle noise and mains as at a bedside.

use gemwatch::{
    bed::{Bed, BedOutput, BedSettings},
    ecg::{Chunk, ChunkLead, Lead, StreamId, Strip, Time},
    measure::measure,
};

/// What lies over the beats, in mV.
#[derive(Clone, Copy, Debug)]
struct Disturbance {
    /// Amplitude of the wander at 0.25 Hz.
    wander: f64,
    /// Root mean square of white noise.
    noise: f64,
    /// Amplitude of 50 Hz.
    mains: f64,
}

const QUIET: Disturbance = Disturbance { wander: 0.0, noise: 0.0, mains: 0.0 };
const BEDSIDE: Disturbance = Disturbance { wander: 0.15, noise: 0.02, mains: 0.05 };

/// One beat of a lead around its R peak: P, Q, R, S, an ST segment at `st_mv` from 50 ms to 150 ms, and a T wave.
fn beat_mv(since_r_s: f64, r_mv: f64, st_mv: f64) -> f64 {
    let wave = |at_s: f64, width_s: f64, mv: f64| mv * (-((since_r_s - at_s) / width_s).powi(2) / 2.0).exp();
    // The level rises within the complex and falls under the T wave.
    let rise = 1.0 / (1.0 + (-(since_r_s - 0.012) / 0.004).exp());
    let fall = 1.0 / (1.0 + ((since_r_s - 0.24) / 0.018).exp());
    let qrs = wave(-0.022, 0.007, -0.1 * r_mv) + wave(0.0, 0.009, r_mv) + wave(0.022, 0.007, -0.25 * r_mv);
    wave(-0.16, 0.02, 0.12) + qrs + wave(0.27, 0.035, 0.25) + st_mv * rise * fall
}

/// The window of a bed after 25 s at 500 Hz.
fn window(leads: &[(Lead, f64, f64)], bpm: f64, rate_hz: f64, disturbance: Disturbance, seed: u32) -> Strip {
    let mut random = seed;
    let mut uniform = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(random >> 8) / f64::from(1 << 24) - 0.5
    };
    let interval_s = 60.0 / bpm;
    let mut sample = |n: usize, r_mv: f64, st_mv: f64| {
        let t_s = n as f64 / rate_hz;
        let beat = (t_s / interval_s).floor();
        let ecg_mv: f64 =
            (-1..=1).map(|other| beat_mv(t_s - (beat + f64::from(other) + 0.5) * interval_s, r_mv, st_mv)).sum();
        let turn = 2.0 * std::f64::consts::PI * t_s;
        let wander_mv = disturbance.wander * (0.25 * turn + f64::from(seed)).sin();
        let mains_mv = disturbance.mains * (50.02 * turn).sin();
        // The sum of twelve is as good as normal, with a standard deviation of 1.
        let noise_mv = disturbance.noise * (0..12).map(|_| uniform()).sum::<f64>();
        ((ecg_mv + wander_mv + mains_mv + noise_mv) * 1000.0 / 2.5).round() as i32
    };
    let total = (25.0 * rate_hz) as usize;
    let rows: Vec<Vec<i32>> =
        leads.iter().map(|(_, r_mv, st_mv)| (0..total).map(|n| sample(n, *r_mv, *st_mv)).collect()).collect();
    let mut bed = Bed::new(BedSettings { round_s: 10.0, ..BedSettings::default() });
    let length = (rate_hz / 10.0) as usize;
    let mut last = None;
    for index in 0..total / length {
        let chunk_lead = |((lead, ..), row): (&(Lead, f64, f64), &Vec<i32>)| ChunkLead {
            lead: lead.clone(),
            gain_uv: 2.5,
            offset: 0,
            off: false,
            samples: row[index * length..(index + 1) * length].to_vec(),
        };
        let chunk = Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: index as u64,
            start: Time::default().plus_samples((index * length) as i64, rate_hz),
            rate_hz,
            leads: leads.iter().zip(&rows).map(chunk_lead).collect(),
            pacer_marks: vec![],
        };
        for output in bed.push(&chunk) {
            if let BedOutput::Round(strip) = output {
                last = Some(strip);
            }
        }
    }
    last.expect("a round comes every 10 s")
}

fn allowed_mv(st_mv: f64) -> f64 {
    (st_mv.abs() / 10.0).max(0.02)
}

/// The levels that the bar speaks of.
fn levels_mv() -> impl Iterator<Item = f64> {
    (-8..=8).map(|tenth| f64::from(tenth) / 10.0).chain([-0.05, 0.05])
}

/// Measures each level at J + 60 ms; gives what is off by more than allowed, and the largest error in parts of what is allowed.
fn check(bpm: f64, rate_hz: f64, disturbance: Disturbance) -> (Vec<String>, f64) {
    let (mut off, mut worst) = (vec![], 0.0_f64);
    for (index, st_mv) in levels_mv().enumerate() {
        // A lead with a high and one with a low complex; two that do not change carry the beats.
        let leads = [(Lead::I, 0.8, 0.0), (Lead::II, 1.2, st_mv), (Lead::V2, 0.5, -st_mv), (Lead::V5, 1.5, 0.0)];
        let measured = measure(&window(&leads, bpm, rate_hz, disturbance, index as u32 + 7));
        for (lead, _, truth_mv) in &leads {
            let found = measured.lead(lead).and_then(|lead| lead.average.st_j60_mv);
            let error = found.map_or(f64::INFINITY, |found| (found - truth_mv).abs() / allowed_mv(*truth_mv));
            worst = worst.max(error);
            if error > 1.0 {
                off.push(format!("{lead} at {truth_mv} mV: {found:.3?}"));
            }
        }
    }
    (off, worst)
}

#[test]
fn st_levels_are_right_in_quiet_and_at_the_bedside() {
    let mut failed = vec![];
    for rate_hz in [250.0, 500.0] {
        for bpm in [50.0, 75.0, 100.0] {
            for disturbance in [QUIET, BEDSIDE] {
                let (off, worst) = check(bpm, rate_hz, disturbance);
                println!("{rate_hz} Hz, {bpm} bpm, {disturbance:?}: worst {worst:.2} of what is allowed");
                if !off.is_empty() {
                    failed.push(format!("{rate_hz} Hz, {bpm} bpm, {disturbance:?}: {}", off.join("; ")));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
