//! How much of the mains is left, and what becomes of the ECG under them.

use proptest::prelude::*;

use super::*;

/// P, QRS and T at 70 bpm, one complex in five a wide one, in mV. Each complex with the time of its R peak.
fn ecg(seconds: f64) -> (Vec<f64>, Vec<f64>) {
    let beats: Vec<f64> = (0..=((seconds / 0.857) as usize)).map(|n| 0.3 + n as f64 * 0.857).collect();
    let value = |n: usize| {
        let t_s = n as f64 / RATE_HZ;
        let bump = |at: f64, height: f64, width: f64| height * (-(t_s - at).powi(2) / (2.0 * width * width)).exp();
        let beat = |(index, r): (usize, &f64)| {
            let wide = if index % 5 == 4 { 3.0 } else { 1.0 };
            bump(r - 0.16, 0.12, 0.02)
                + bump(r - 0.022 * wide, -0.15, 0.007 * wide)
                + bump(*r, 1.1, 0.009 * wide)
                + bump(r + 0.024 * wide, -0.25, 0.008 * wide)
                + bump(r + 0.27, 0.3, 0.045)
        };
        beats.iter().enumerate().map(beat).sum()
    };
    ((0..(seconds * RATE_HZ) as usize).map(value).collect(), beats)
}

/// A sine whose frequency goes to and fro by 0.2 Hz within 10 s.
fn mains(n: usize, hz: f64, amplitude_mv: f64) -> f64 {
    let t_s = n as f64 / RATE_HZ;
    let to_and_fro = 2.0 * std::f64::consts::PI / 10.0;
    let turns = hz * t_s - 0.2 / to_and_fro * (to_and_fro * t_s).cos();
    amplitude_mv * (2.0 * std::f64::consts::PI * turns + 0.4).sin()
}

fn attenuation_db(residual_mv: &[f64], amplitude_mv: f64) -> f64 {
    let power = residual_mv.iter().map(|x| x * x).sum::<f64>() / residual_mv.len() as f64;
    20.0 * (amplitude_mv / (2.0 * power).sqrt()).log10()
}

/// What is left of the mains after they were taken off this ECG.
fn residual(clean_mv: &[f64], hz: f64, amplitude_mv: f64) -> Vec<f64> {
    let mut noisy: Vec<f32> =
        clean_mv.iter().enumerate().map(|(n, value)| (value + mains(n, hz, amplitude_mv)) as f32).collect();
    let found = MainsRemoval::default().clean(&mut noisy).unwrap();
    assert!((found.nominal_hz - hz).abs() < 0.1 && (found.amplitude_mv / amplitude_mv - 1.0).abs() < 0.05, "{found:?}");
    noisy.iter().zip(clean_mv).map(|(left, clean)| f64::from(*left) - clean).collect()
}

#[test]
fn drifting_mains_lose_26_db_and_the_st_segment_stays() {
    let (clean_mv, beats) = ecg(10.0);
    for hz in NOMINAL_HZ {
        for amplitude_mv in [0.02, 0.2, 1.0] {
            let left = residual(&clean_mv, hz, amplitude_mv);
            let attenuation = attenuation_db(&left, amplitude_mv);
            let largest = left.iter().fold(0.0_f64, |so_far, x| so_far.max(x.abs()));
            let st = beats.iter().map(|r| ((r + 0.1) * RATE_HZ) as usize).filter(|n| *n + 20 < left.len());
            let st_mv = st.map(|n| left[n..n + 20].iter().sum::<f64>() / 20.0).fold(0.0_f64, |a, b| a.max(b.abs()));
            eprintln!(
                "{hz} Hz {amplitude_mv} mV: {attenuation:.1} dB, largest {:.1} µV, ST {:.2} µV",
                largest * 1e3,
                st_mv * 1e3
            );
            assert!(attenuation >= 36.0);
            assert!(largest <= 0.05 * amplitude_mv, "26 dB everywhere");
            assert!(st_mv <= 0.005);
        }
    }
}

#[test]
fn three_seconds_are_enough() {
    let (clean_mv, _) = ecg(10.0);
    let attenuation = attenuation_db(&residual(&clean_mv[..1500], 50.0, 0.2), 0.2);
    assert!(attenuation >= 26.0, "{attenuation}");
    // Mains that begin 3 s before the end.
    let mut late: Vec<f32> = clean_mv
        .iter()
        .enumerate()
        .map(|(n, value)| (value + if n >= 3500 { mains(n, 50.0, 0.2) } else { 0.0 }) as f32)
        .collect();
    MainsRemoval::default().clean(&mut late).unwrap();
    let left: Vec<f64> = late.iter().zip(&clean_mv).map(|(left, clean)| f64::from(*left) - clean).collect();
    assert!(attenuation_db(&left[4250..], 0.2) >= 26.0, "{}", attenuation_db(&left[4250..], 0.2));
}

#[test]
fn a_clean_ecg_stays_as_it_is() {
    let (clean_mv, _) = ecg(10.0);
    let clean: Vec<f32> = clean_mv.iter().map(|value| *value as f32).collect();
    let mut same = clean.clone();
    assert_eq!(MainsRemoval::default().clean(&mut same), None);
    assert_eq!(same, clean);
    // Even if it had been taken for mains, it would hardly have changed.
    let (held_mv, valid) = hold(&clean);
    let change = fit::mains(&held_mv, &valid, 50.0).iter().fold(0.0_f64, |so_far, x| so_far.max(x.abs()));
    assert!(change <= 0.005, "{change}");
}

#[test]
fn gaps_stay_gaps_and_short_or_absent_signals_stay_as_they_are() {
    let (clean_mv, _) = ecg(10.0);
    let mut samples: Vec<f32> =
        clean_mv.iter().enumerate().map(|(n, value)| (value + mains(n, 50.0, 0.2)) as f32).collect();
    samples[2000..3200].fill(f32::NAN);
    assert!(MainsRemoval::default().clean(&mut samples).is_some());
    assert!(samples.iter().enumerate().all(|(n, value)| value.is_nan() == (2000..3200).contains(&n)));
    let left =
        |range: std::ops::Range<usize>| -> Vec<f64> { range.map(|n| f64::from(samples[n]) - clean_mv[n]).collect() };
    assert!(attenuation_db(&left(3250..5000), 0.2) >= 26.0);
    for mut nothing in [vec![], vec![1.0; 400], vec![f32::NAN; 5000], vec![f32::INFINITY; 600], vec![0.0; 5000]] {
        assert_eq!(MainsRemoval::default().clean(&mut nothing), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Whatever the electrodes give, numbers stay numbers and gaps stay gaps.
    #[test]
    fn numbers_stay_numbers(
        values in prop::collection::vec(prop::option::weighted(0.9, prop_oneof![-5.0_f32..5.0, -1e4_f32..1e4]), 1..80),
        length in 0_usize..3000,
    ) {
        let before: Vec<f32> = values.iter().cycle().take(length).map(|value| value.unwrap_or(f32::NAN)).collect();
        let mut after = before.clone();
        let found = MainsRemoval::default().clean(&mut after);
        prop_assert!(before.iter().zip(&after).all(|(before, after)| before.is_finite() == after.is_finite()));
        prop_assert!(found.is_some() || before.iter().zip(&after).all(|(before, after)| before.to_bits() == after.to_bits()));
    }
}
