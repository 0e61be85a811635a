//! Synthetic strips with known truth.

use proptest::prelude::*;

use super::*;
use crate::ecg::Time;

/// Narrow QRS complexes with a T wave, one every `rr_s` seconds, the first at 0.3 s.
fn strip(rr_s: f64) -> Strip {
    let bump = |t_s: f64, width_s: f64| (-(t_s * t_s) / (2.0 * width_s * width_s)).exp();
    let value = |n: usize| {
        let t_s = (n as f64 / RATE_HZ - 0.3).rem_euclid(rr_s);
        let t_s = if t_s > rr_s - 0.1 { t_s - rr_s } else { t_s };
        (bump(t_s, 0.012) + 0.3 * bump(t_s - 0.28, 0.04)) as f32
    };
    let lead = StripLead { lead: Lead::II, derived: false, samples_mv: (0..5000).map(value).collect() };
    Strip { start: Time::default(), rate_hz: RATE_HZ, leads: vec![lead] }
}

#[test]
fn every_beat_of_a_strip_is_found_where_it_is() {
    for rr_s in [0.4, 0.6, 1.0, 1.6] {
        let measured = measure(&strip(rr_s));
        let expected = ((9.9 - 0.3) / rr_s) as usize + 1;
        assert!(measured.beats_s.len().abs_diff(expected) <= 1, "{rr_s}: {:?}", measured.beats_s);
        for (n, beat_s) in measured.beats_s.iter().enumerate() {
            assert!((beat_s - 0.3 - n as f64 * rr_s).abs() < 0.006, "beat {n} at {beat_s}");
        }
        let heart_rate = measured.heart_rate.value.unwrap();
        assert!((heart_rate - 60.0 / rr_s).abs() < 0.5, "{heart_rate} at RR {rr_s} s");
    }
}

#[test]
fn a_flat_strip_has_no_rate() {
    let mut flat = strip(1.0);
    flat.leads[0].samples_mv.fill(0.01);
    let measured = measure(&flat);
    assert_eq!((measured.heart_rate.value, measured.rr_sd.value), (None, None));
    flat.leads.clear();
    assert_eq!(measure(&flat).beats_s, Vec::<f64>::new());
}

/// What a synthetic 12-lead beat is made of in one lead: heights in mV.
#[expect(clippy::struct_field_names, reason = "the unit stands in every name")]
struct Truth {
    st_mv: f64,
    t_mv: f64,
    q_mv: f64,
    r_mv: f64,
}

/// A raised cosine from and to these ms.
fn hump(at_ms: f64, from_ms: f64, to_ms: f64) -> f64 {
    let inside = (from_ms..to_ms).contains(&at_ms);
    if inside { 0.5 - 0.5 * ((at_ms - from_ms) / (to_ms - from_ms) * std::f64::consts::TAU).cos() } else { 0.0 }
}

/// A level that comes with the end of the QRS complex and goes under the T wave.
fn level(at_ms: f64) -> f64 {
    let ramp = |from: f64, to: f64| ((at_ms - from) / (to - from)).clamp(0.0, 1.0);
    ramp(30.0, 44.0) - ramp(200.0, 330.0)
}

fn lead(name: Lead, truth: &Truth, wander_mv: f64, noise_mv: f64) -> StripLead {
    let mut state = 11_u64;
    let value = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = ((state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5) * 2.0 * noise_mv;
        let t_ms = n as f64 * 1000.0 / RATE_HZ - 500.0;
        let at_ms = t_ms - (t_ms / 900.0).round() * 900.0;
        let beat = |at_ms: f64| {
            0.12 * hump(at_ms, -190.0, -90.0)
                + truth.q_mv * hump(at_ms, -46.0, -18.0)
                + truth.r_mv * hump(at_ms, -26.0, 26.0)
                + truth.st_mv * level(at_ms)
                + truth.t_mv * hump(at_ms, 180.0, 360.0)
        };
        let wander = wander_mv * (t_ms / 1000.0 * 0.25 * std::f64::consts::TAU).sin();
        (beat(at_ms) + wander + noise) as f32
    };
    StripLead { lead: name, derived: false, samples_mv: (0..5000).map(value).collect() }
}

fn strip_of(leads: Vec<StripLead>) -> Strip {
    Strip { start: Time::default(), rate_hz: RATE_HZ, leads }
}

/// The accuracy that monitors state: 0.02 mV or 10 % within 0.8 mV.
#[test]
fn the_st_level_is_right_with_wander_and_noise() {
    for st_mv in [-0.8, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 0.8] {
        let truth = Truth { st_mv, t_mv: 0.25, q_mv: 0.0, r_mv: 1.1 };
        let measured = measure(&strip_of(vec![lead(Lead::V5, &truth, 0.2, 0.02), lead(Lead::II, &truth, 0.3, 0.01)]));
        for lead in &measured.leads {
            let tolerance_mv = (0.1 * st_mv.abs()).max(0.02);
            for found in [lead.average.st_j60_mv, lead.average.st_j80_mv] {
                let found = found.expect("the ST level is measurable");
                assert!((found - st_mv).abs() <= tolerance_mv, "{}: {found} mV instead of {st_mv}", lead.lead);
            }
        }
    }
}

#[test]
fn intervals_axis_and_waves_of_a_known_beat() {
    let truth = |part: f64| Truth { st_mv: 0.0, t_mv: 0.3 * part, q_mv: -0.06 * part, r_mv: part };
    // I and II alike: the axis points half way between 0 and 60 degrees.
    let leads = vec![lead(Lead::I, &truth(1.0), 0.0, 0.005), lead(Lead::II, &truth(1.0), 0.0, 0.006)];
    let measured = measure(&strip_of(leads));
    let value = |measured: &Measured| measured.value.expect("measurable");
    assert!((value(&measured.intervals.pr) - 144.0).abs() <= 16.0, "PR {:?}", measured.intervals.pr);
    assert!((value(&measured.intervals.qrs) - 72.0).abs() <= 16.0, "QRS {:?}", measured.intervals.qrs);
    assert!((value(&measured.intervals.qt) - 406.0).abs() <= 30.0, "QT {:?}", measured.intervals.qt);
    assert!((value(&measured.qrs_axis) - 30.0).abs() <= 3.0, "axis {:?}", measured.qrs_axis);
    let qt_ms = value(&measured.intervals.qt);
    assert!((value(&measured.intervals.qtc_bazett) - qt_ms / 0.9_f64.sqrt()).abs() < 1.0);
    assert!((value(&measured.intervals.qtc_fridericia) - qt_ms / 0.9_f64.cbrt()).abs() < 1.0);
    assert!((value(&measured.intervals.qtc_framingham) - (qt_ms + 15.4)).abs() < 1.0);
    assert!((value(&measured.intervals.qtc_hodges) - (qt_ms + 1.75 * (60.0 / 0.9 - 60.0))).abs() < 1.0);
    let average = measured.lead(&Lead::II).expect("lead II was recorded").average;
    assert!((average.r_mv.unwrap() - 1.0).abs() < 0.05 && (average.t_mv.unwrap() - 0.3).abs() < 0.03, "{average:?}");
    assert!((average.p_mv.unwrap() - 0.12).abs() < 0.02, "{average:?}");
    assert_eq!(average.q_is_pathological(), Some(false));
    assert!(measured.beats.iter().all(|beat| beat.leads.len() == 2));
}

#[test]
fn the_spread_of_qt_over_the_leads_is_measured_with_eight_leads() {
    let truth = Truth { st_mv: 0.0, t_mv: 0.3, q_mv: 0.0, r_mv: 1.0 };
    let leads = |count: usize| {
        let names = crate::ecg::STANDARD_LEADS.into_iter().take(count);
        measure(&strip_of(names.map(|name| lead(name, &truth, 0.0, 0.005)).collect()))
    };
    assert_eq!(leads(7).qt_dispersion.value, None);
    let measured = leads(8);
    let dispersion = &measured.qt_dispersion;
    assert!(dispersion.value.is_some_and(|ms| (0.0..=30.0).contains(&ms)), "{dispersion:?}");
    assert!(dispersion.leads.len() == 8 && dispersion.beats >= 8 && dispersion.to_s > dispersion.from_s);
    // The beats come every 900 ms.
    assert!(measured.rr_rmssd.value.is_some_and(|ms| ms <= 4.0), "{:?}", measured.rr_rmssd);
    assert!(measured.leads.iter().all(|lead| lead.from_s < 2.0 && lead.to_s > 7.0));
}

#[test]
fn a_deep_q_wave_is_pathological_and_an_inverted_t_wave_negative() {
    let truth = Truth { st_mv: 0.0, t_mv: -0.3, q_mv: -0.5, r_mv: 0.6 };
    let measured = measure(&strip_of(vec![lead(Lead::III, &truth, 0.0, 0.005)]));
    let average = measured.leads[0].average;
    assert_eq!(average.q_is_pathological(), Some(true), "{average:?}");
    assert_eq!(average.t_polarity, Some(crate::beats::delineation::Polarity::Negative));
    assert!(average.t_mv.unwrap() < -0.25, "{average:?}");
}

#[test]
fn derived_leads_are_not_measured() {
    let truth = Truth { st_mv: 0.0, t_mv: 0.3, q_mv: 0.0, r_mv: 1.0 };
    let mut derived = lead(Lead::AVF, &truth, 0.0, 0.005);
    derived.derived = true;
    let measured = measure(&strip_of(vec![lead(Lead::II, &truth, 0.0, 0.005), derived]));
    assert_eq!(measured.leads.iter().map(|lead| lead.lead.clone()).collect::<Vec<_>>(), [Lead::II]);
    assert_eq!(measured.qrs_axis.value, None, "there is no lead I");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_strip_is_measured_without_a_panic(
        seed in prop::collection::vec(prop_oneof![6 => -2.0_f32..2.0, 1 => Just(f32::NAN), 1 => Just(f32::MAX)], 1..400),
        length in 0_usize..4000,
        unequal in any::<bool>(),
    ) {
        let row = |skip: usize| seed.iter().cycle().skip(skip).take(length).copied().collect::<Vec<f32>>();
        let mut second = row(7);
        if unequal {
            second.pop();
        }
        let leads = vec![
            StripLead { lead: Lead::I, derived: false, samples_mv: row(0) },
            StripLead { lead: Lead::II, derived: false, samples_mv: second },
        ];
        let measured = measure(&strip_of(leads));
        for (_, value) in measured.named() {
            prop_assert!(value.value.is_none_or(f64::is_finite));
            prop_assert!((0.0..=1.0).contains(&value.confidence));
        }
    }
}
