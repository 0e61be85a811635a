//! The displayed heart rate against IEC 60601-2-27 (2011) and ANSI/AAMI EC13 (2002), through the whole bed: accuracy from
//! 15 to 300 bpm, alternating rhythms, tall T waves, the response to a step.
//!
//! The signals are those that the standards describe in words and numbers: triangular QRS complexes, half sines for T
//! waves, pairs of narrow and wide complexes at the rates stated. The drawn waves of the standards' figures are not copied.
//!
//! What the standard wants disclosed (201.7.9.2.9.101 b), and these tests hold:
//!
//! | what | value |
//! | --- | --- |
//! | averaging | mean of the last 8 RR intervals, or of as many as there are; it falls while the next beat is late; shown once a second; none after a pause of 4.3 s |
//! | ventricular bigeminy, 80 bpm | 80 bpm: every QRS complex counts |
//! | slow alternating ventricular bigeminy, 60 bpm | 60 bpm |
//! | rapid alternating ventricular bigeminy, 120 bpm | 120 bpm |
//! | bidirectional systoles, 90 bpm | 90 bpm |
//! | step from 80 to 120 bpm | 63 % within 5 s, all of it within 7 s |
//! | step from 80 to 40 bpm | 63 % within 8 s, all of it within 14 s |
//! | T waves up to [`TALLEST_T_MV`] beside QRS complexes of 1 mV | not counted |

use gemwatch::{
    bed::{Bed, BedOutput, BedSettings},
    ecg::{Chunk, ChunkLead, Lead, StreamId, Time},
};

const UV_PER_UNIT: f64 = 2.5;

/// The tallest T wave that is not counted beside a QRS complex of 1 mV. The standard wants it disclosed; monitors reach 1.2 mV.
const TALLEST_T_MV: f64 = 1.2;

/// What a complex looks like.
#[derive(Clone, Copy)]
struct Shape {
    /// Height of the QRS complex, a triangle.
    mv: f64,
    width_ms: f64,
    /// Height of the T wave. It is a half sine of 180 ms that ends 350 ms after the onset of the QRS complex.
    t_mv: f64,
}

/// One complex, with the time of its R peak.
#[derive(Clone, Copy)]
struct Complex {
    r_s: f64,
    shape: Shape,
}

impl Complex {
    fn at(self, t_s: f64) -> f64 {
        let half_s = self.shape.width_ms / 2000.0;
        let triangle = self.shape.mv * (1.0 - (t_s - self.r_s).abs() / half_s).max(0.0);
        let into_t_s = t_s - (self.r_s - half_s + 0.35 - 0.18);
        let t_wave = if (0.0..0.18).contains(&into_t_s) { (std::f64::consts::PI * into_t_s / 0.18).sin() } else { 0.0 };
        triangle + self.shape.t_mv * t_wave
    }
}

/// Complexes after one another at these intervals, over and over.
fn pattern(intervals_s: &[f64], shapes: &[Shape], seconds: f64) -> Vec<Complex> {
    let mut r_s = 0.5;
    let mut complexes = vec![];
    for (interval_s, shape) in intervals_s.iter().cycle().zip(shapes.iter().cycle()) {
        if r_s > seconds {
            break;
        }
        complexes.push(Complex { r_s, shape: *shape });
        r_s += interval_s;
    }
    complexes
}

fn regular(bpm: f64, seconds: f64, mv: f64, width_ms: f64) -> Vec<Complex> {
    pattern(&[60.0 / bpm], &[Shape { mv, width_ms, t_mv: 0.0 }], seconds)
}

/// The displayed heart rate of each second, from chunks of 100 ms. Electrodes have a little noise, 10 µV at most.
fn displayed(complexes: &[Complex], seconds: f64, rate_hz: f64) -> Vec<(f64, Option<f64>)> {
    let mut noise = 1_u32;
    let mut sample = |n: usize| {
        let t_s = n as f64 / rate_hz;
        let near = complexes.partition_point(|complex| complex.r_s < t_s - 0.6);
        let ecg_mv: f64 = complexes[near..].iter().take_while(|c| c.r_s < t_s + 0.6).map(|c| c.at(t_s)).sum();
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise_mv = (f64::from(noise >> 8) / f64::from(1 << 24) - 0.5) * 0.02;
        ((ecg_mv + noise_mv) * 1000.0 / UV_PER_UNIT).round() as i32
    };
    let samples: Vec<i32> = (0..(seconds * rate_hz) as usize).map(&mut sample).collect();
    let mut bed = Bed::new(BedSettings::default());
    let mut shown = vec![];
    let length = (rate_hz / 10.0) as usize;
    for (index, samples) in samples.chunks_exact(length).enumerate() {
        let lead = ChunkLead { lead: Lead::II, gain_uv: UV_PER_UNIT, offset: 0, off: false, samples: samples.to_vec() };
        let chunk = Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: index as u64,
            start: Time::default().plus_samples((index * length) as i64, rate_hz),
            rate_hz,
            leads: vec![lead],
            pacer_marks: vec![],
        };
        for output in bed.push(&chunk) {
            if let BedOutput::Vitals(second) = output {
                shown.push((second.at.seconds_since(Time::default()), second.heart_rate_bpm));
            }
        }
    }
    shown
}

/// What is shown that is not within 1 % or 1 bpm of the truth, whichever is more, from second `from_s` on.
fn wrong(shown: &[(f64, Option<f64>)], bpm: f64, from_s: f64) -> Vec<String> {
    let close = |value: f64| (value - bpm).abs() <= (bpm / 100.0).max(1.0);
    let wrong = shown.iter().filter(|(at_s, value)| *at_s >= from_s && !value.is_some_and(close));
    wrong.map(|(at_s, value)| format!("{at_s} s: {value:?}")).collect()
}

#[test]
fn the_rate_is_right_from_15_to_300_bpm() {
    let (mut failed, mut tried) = (vec![], 0);
    for bpm in [15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0, 150.0, 180.0, 200.0, 220.0, 250.0, 280.0, 300.0] {
        for mv in [0.5, 1.0, 2.0, 5.0] {
            // Adults' complexes are 70 to 120 ms wide, newborns' 40 to 120 ms (201.12.1.101.15).
            for width_ms in [40.0, 70.0, 100.0, 120.0] {
                // Complexes that fill more than two fifths of the time are ventricular flutter: no line between them.
                if width_ms / 1000.0 > 0.4 * 60.0 / bpm {
                    continue;
                }
                tried += 2;
                for rate_hz in [250.0, 500.0] {
                    // Two beats make a rate; twenty seconds are granted to settle, as in b) 4).
                    let seconds = 45.0;
                    let shown = displayed(&regular(bpm, seconds, mv, width_ms), seconds, rate_hz);
                    let wrong = wrong(&shown[..shown.len() - 4], bpm, 20.0);
                    if !wrong.is_empty() {
                        failed.push(format!(
                            "{bpm} bpm, {mv} mV, {width_ms} ms, {rate_hz} Hz: {} {}",
                            wrong.len(),
                            wrong[0]
                        ));
                    }
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} of {tried}\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn alternating_rhythms_show_the_rate_of_all_complexes() {
    let normal = Shape { mv: 1.0, width_ms: 80.0, t_mv: 0.2 };
    let ventricular = Shape { mv: 1.5, width_ms: 140.0, t_mv: -0.4 };
    let up = Shape { mv: 1.2, width_ms: 120.0, t_mv: -0.3 };
    let down = Shape { mv: -1.2, width_ms: 120.0, t_mv: 0.3 };
    let bigeminy =
        |coupling_s: f64, pair_s: f64| pattern(&[coupling_s, pair_s - coupling_s], &[normal, ventricular], 60.0);
    for (name, bpm, complexes) in [
        ("ventricular bigeminy", 80.0, bigeminy(0.5, 1.5)),
        ("slow alternating ventricular bigeminy", 60.0, bigeminy(0.6, 2.0)),
        ("rapid alternating ventricular bigeminy", 120.0, bigeminy(0.4, 1.0)),
        ("bidirectional systoles", 90.0, pattern(&[2.0 / 3.0], &[up, down], 60.0)),
    ] {
        for rate_hz in [250.0, 500.0] {
            let shown = displayed(&complexes, 60.0, rate_hz);
            let wrong = wrong(&shown[..shown.len() - 2], bpm, 20.0);
            assert!(wrong.is_empty(), "{name} at {rate_hz} Hz: {wrong:?}");
        }
    }
}

#[test]
fn tall_t_waves_are_not_counted() {
    let mut failed = vec![];
    for t_mv in [0.2, 0.4, 0.6, 0.8, 1.0, TALLEST_T_MV] {
        for width_ms in [70.0, 100.0] {
            let complexes = pattern(&[0.75], &[Shape { mv: 1.0, width_ms, t_mv }], 60.0);
            let shown = displayed(&complexes, 60.0, 500.0);
            let wrong = wrong(&shown[..shown.len() - 2], 80.0, 10.0);
            if !wrong.is_empty() {
                failed.push(format!("T of {t_mv} mV beside {width_ms} ms: {} {}", wrong.len(), wrong[0]));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Seconds from a step until 63 % of it is shown (as EC13 counts), and until all of it is within 1 bpm.
fn response_s(from_bpm: f64, to_bpm: f64, phase: f64) -> (f64, f64) {
    let mut complexes = regular(from_bpm, 30.0 + phase, 1.0, 80.0);
    let step_s = complexes.last().unwrap().r_s;
    for beat in 1..60 {
        complexes.push(Complex { r_s: step_s + f64::from(beat) * 60.0 / to_bpm, ..complexes[0] });
    }
    let shown = displayed(&complexes, step_s + 25.0, 500.0);
    let part = |value: f64| (value - from_bpm) / (to_bpm - from_bpm);
    let since = |reached: &dyn Fn(f64) -> bool| {
        let after = shown.iter().filter(|(at_s, _)| *at_s > step_s);
        let first = after.clone().find(|(_, value)| value.is_some_and(reached));
        first.map_or(f64::INFINITY, |(at_s, _)| at_s - step_s)
    };
    (since(&|value| part(value) >= 0.63), since(&|value| (value - to_bpm).abs() <= 1.0))
}

#[test]
fn a_step_is_followed() {
    for (to_bpm, most_63_s, most_all_s) in [(120.0, 5.0, 7.0), (40.0, 8.0, 14.0)] {
        let responses: Vec<(f64, f64)> = (0..5).map(|n| response_s(80.0, to_bpm, f64::from(n) * 0.2)).collect();
        println!("80 to {to_bpm} bpm: 63 % and all of it after {responses:.1?} s");
        assert!(responses.iter().all(|(most, all)| *most <= most_63_s && *all <= most_all_s), "{responses:?}");
    }
}
