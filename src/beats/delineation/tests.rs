//! Synthetic beats with known boundaries, and any samples at all.

use proptest::prelude::*;

use super::*;
use crate::ecg::STANDARD_LEADS;

/// A raised cosine: it begins and ends where it says, without a tail.
fn bump(at_ms: f64, from_ms: f64, to_ms: f64) -> f64 {
    if !(from_ms..to_ms).contains(&at_ms) {
        return 0.0;
    }
    0.5 - 0.5 * ((at_ms - from_ms) / (to_ms - from_ms) * std::f64::consts::TAU).cos()
}

/// One wave of a synthetic beat: from, to (ms after the R peak), height in mV.
type Piece = (f64, f64, f64);

/// P from -200 to -90 ms, QRS ±45 ms, T from 160 to 380 ms.
const NORMAL: [Piece; 4] = [(-200.0, -90.0, 0.15), (-45.0, -20.0, -0.1), (-25.0, 25.0, 1.2), (20.0, 45.0, -0.2)];
const T: Piece = (160.0, 380.0, 0.3);

/// Beats a second apart, the first at 0.6 s, and a little noise that is the same in each run.
fn marks_of(pieces: &[Piece], seconds: f64, noise_mv: f64) -> Vec<MarkedBeat> {
    let samples_in = (seconds * RATE_HZ) as usize;
    let mut state = 7_u64;
    let row: Vec<f32> = (0..samples_in)
        .map(|n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = ((state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5) * 2.0 * noise_mv;
            let t_ms = n as f64 * 1000.0 / RATE_HZ - 600.0;
            let beat_ms = (t_ms / 1000.0).round() * 1000.0;
            let sum = |beat_ms: f64| -> f64 {
                pieces.iter().map(|(from, to, mv)| mv * bump(t_ms - beat_ms, *from, *to)).sum()
            };
            (5.0 + sum(beat_ms) + sum(beat_ms - 1000.0) + sum(beat_ms + 1000.0) + noise) as f32
        })
        .collect();
    let mut delineator = Delineator::new(vec![Lead::II]);
    let mut out = Vec::new();
    for beat in 0..(seconds - 0.6) as u64 {
        delineator.beat(300 + beat * 500);
    }
    while let Some(marked) = delineator.rest(samples_in as u64, |_, stretch, row_out| {
        row_out.extend_from_slice(&row[stretch.start as usize..stretch.end as usize]);
    }) {
        out.push(marked);
    }
    out
}

/// Onset and offset of a wave in ms.
type Span = (f64, f64);

/// The boundaries of the middle beat in ms after its R peak.
fn middle(pieces: &[Piece]) -> (Option<Span>, Span, Option<Span>, LeadMarks) {
    let beats = marks_of(pieces, 6.0, 0.004);
    let beat = &beats[2];
    let ms = |at: usize| (beat.start as f64 + at as f64 - beat.r_peak as f64) * 2.0;
    let marks = beat.marks.leads[0];
    let span = |wave: Result<Wave, Absent>| wave.ok().map(|wave| (ms(wave.onset), ms(wave.offset)));
    let qrs = marks.qrs.expect("a complex this tall is found");
    (span(marks.p), (ms(qrs.onset), ms(qrs.offset)), span(marks.t), marks)
}

fn near(found: (f64, f64), expected: (f64, f64), tolerance_ms: f64) -> bool {
    (found.0 - expected.0).abs() <= tolerance_ms && (found.1 - expected.1).abs() <= tolerance_ms
}

#[test]
fn a_normal_beat_is_marked_where_its_waves_begin_and_end() {
    let (p, qrs, t, marks) = middle(&[&NORMAL[..], &[T]].concat());
    assert!(near(p.unwrap(), (-200.0, -90.0), 16.0), "{p:?}");
    assert!(near(qrs, (-45.0, 45.0), 10.0), "{qrs:?}");
    assert!(near(t.unwrap(), (160.0, 380.0), 26.0), "{t:?}");
    assert_eq!((marks.p.unwrap().polarity, marks.t.unwrap().polarity), (Polarity::Positive, Polarity::Positive));
}

#[test]
fn widths_are_followed() {
    for wide_ms in [90.0, 120.0, 160.0, 200.0] {
        let half = wide_ms / 2.0;
        let (_, qrs, _, _) = middle(&[NORMAL[0], (-half, half, 1.2), T]);
        // A raised cosine leaves the baseline slowly: a wide one is seen a little later than it begins.
        assert!(near(qrs, (-half, half), 8.0 + 0.06 * wide_ms), "{wide_ms} ms: {qrs:?}");
    }
    for (from, to) in [(180.0, 320.0), (200.0, 400.0), (160.0, 440.0)] {
        let (_, _, t, _) = middle(&[&NORMAL[..], &[(from, to, 0.3)]].concat());
        assert!((t.unwrap().1 - to).abs() <= 28.0, "T to {to}: {t:?}");
    }
}

#[test]
fn inverted_and_biphasic_t_waves_have_the_same_end() {
    let (_, _, t, marks) = middle(&[&NORMAL[..], &[(160.0, 380.0, -0.3)]].concat());
    assert!((t.unwrap().1 - 380.0).abs() <= 26.0, "{t:?}");
    assert_eq!(marks.t.unwrap().polarity, Polarity::Negative);
    let (_, _, t, marks) = middle(&[&NORMAL[..], &[(140.0, 270.0, 0.25), (250.0, 380.0, -0.25)]].concat());
    assert!((t.unwrap().1 - 380.0).abs() <= 40.0, "{t:?}");
    assert_eq!(marks.t.unwrap().polarity, Polarity::Biphasic);
}

#[test]
fn no_p_wave_is_claimed_where_there_is_none() {
    let (p, ..) = middle(&[&NORMAL[1..], &[T]].concat());
    assert_eq!(p, None);
    // A wave at another place before each complex is none that the ventricles follow.
    let beats = marks_of(&[&NORMAL[1..], &[T]].concat(), 12.0, 0.02);
    let claimed = beats.iter().filter(|beat| beat.marks.leads[0].p.is_ok()).count();
    assert!(claimed <= 1, "{claimed} of {}", beats.len());
}

#[test]
fn a_flat_lead_has_no_marks() {
    let mut window = Window { leads: vec![Lead::II], leads_mv: vec![vec![0.3; 600]] };
    let place = Place { r_peak: 250, since_previous: None, until_next: None, previous_t_end: None };
    let marks = delineate(&mut window, &place, &mut Atrium::default(), &mut Scratch::default());
    assert_eq!((marks.global, marks.leads[0]), (None, LeadMarks::absent(Absent::NoSignal)));
}

#[test]
fn a_beat_is_marked_within_the_stated_delay() {
    let mut delineator = Delineator::new(vec![Lead::II]);
    let read = |_: usize, stretch: std::ops::Range<u64>, row: &mut Vec<f32>| {
        row.extend(stretch.map(|n| if n % 500 == 0 { 1.0 } else { 0.0 }));
    };
    delineator.beat(500);
    assert!(delineator.marked(500 + MOST_BEHIND - 1, read).is_none());
    assert!(delineator.marked(500 + MOST_BEHIND, read).is_some());
    delineator.beat(1000);
    delineator.beat(1300);
    assert!(delineator.marked(1339, read).is_none());
    assert!(delineator.marked(1340, read).is_some());
}

fn any_sample() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -3.0_f32..3.0,
        1 => Just(f32::NAN),
        1 => prop::sample::select(vec![f32::INFINITY, f32::MAX, f32::MIN, 0.0, 5.12, -5.12]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_samples_give_ordered_marks(
        leads_mv in (0_usize..700).prop_flat_map(|n| prop::collection::vec(prop::collection::vec(any_sample(), n), 0..4)),
        r_peak in 0_usize..800,
        since_previous in prop::option::of(0_usize..1200),
        until_next in prop::option::of(0_usize..1200),
        previous_t_end in prop::option::of(0_usize..800),
    ) {
        let samples_in = leads_mv.first().map_or(0, Vec::len);
        let place = Place { r_peak, since_previous, until_next, previous_t_end };
        let (mut atrium, mut scratch) = (Atrium::default(), Scratch::default());
        for _ in 0..3 {
            let marks = delineate(&mut Window { leads: STANDARD_LEADS[..leads_mv.len()].to_vec(), leads_mv: leads_mv.clone() }, &place, &mut atrium, &mut scratch);
            for lead in &marks.leads {
                let Ok(qrs) = lead.qrs else {
                    prop_assert!(lead.p.is_err() && lead.t.is_err());
                    continue;
                };
                prop_assert!(qrs.onset < qrs.offset && qrs.offset <= samples_in);
                if let Ok(p) = lead.p {
                    prop_assert!(p.onset <= p.peak && p.peak <= p.offset && p.offset <= qrs.onset);
                }
                if let Ok(t) = lead.t {
                    prop_assert!(qrs.offset <= t.onset && t.onset <= t.peak && t.peak <= t.offset && t.offset < samples_in);
                }
            }
        }
    }
}
