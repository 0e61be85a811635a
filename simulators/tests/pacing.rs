//! Pacemakers: their pulses in the truth, in the stream and in records, and what answers them.

use std::time::Duration;

use simulators::{
    lead::Lead,
    monitor::Monitor,
    patient::{Conduction, NoiseLevels, Patient, PatientSettings},
    record::record,
    rhythm::{Rhythm, Script},
    scenario::{Bed, Ward},
    truth::{BeatClass, Truth},
    wire::waveform_chunk,
};

fn settings(seed: u64, rhythm: Rhythm) -> PatientSettings {
    let script = Script::only(rhythm).unwrap();
    PatientSettings { noise: NoiseLevels::NONE, ..PatientSettings::new(seed, script) }
}

fn truth(rhythm: Rhythm, seconds: f64) -> Truth {
    Patient::new(settings(8, rhythm)).unwrap().truth_until(seconds)
}

/// For each pulse the seconds to the R peak that follows it, if one does within 0.35 s.
fn answers_s(truth: &Truth) -> Vec<Option<f64>> {
    let answer = |pulse_s: &f64| {
        let next = truth.beats.iter().find(|beat| beat.r_s > *pulse_s)?;
        (next.r_s - pulse_s < 0.35).then_some(next.r_s - pulse_s)
    };
    truth.pulses_s.iter().map(answer).collect()
}

#[test]
fn a_pacemaker_that_works_is_answered_each_time() {
    let rate_bpm = 70.0;
    for (rhythm, pulses_a_beat) in [
        (Rhythm::AtrialPacing { rate_bpm }, 1),
        (Rhythm::VentricularPacing { rate_bpm }, 1),
        (Rhythm::DualChamberPacing { rate_bpm }, 2),
    ] {
        let truth = truth(rhythm, 60.0);
        assert!(truth.beats.len() >= 69 && truth.beats.iter().all(|beat| beat.class == BeatClass::Paced));
        assert!(truth.pulses_s.len().abs_diff(truth.beats.len() * pulses_a_beat) <= 2, "{rhythm:?}");
        assert!(truth.pulses_s.windows(2).all(|pair| pair[0] < pair[1]), "{rhythm:?}");
        let answers = answers_s(&truth);
        assert!(answers[..answers.len() - 2].iter().all(Option::is_some), "{rhythm:?}: {answers:?}");
    }
}

#[test]
fn a_patient_who_is_always_paced_has_pulses_in_any_sinus_rhythm() {
    let settings = PatientSettings { conduction: Conduction::Paced, ..settings(2, Rhythm::Sinus { rate_bpm: 75.0 }) };
    let truth = Patient::new(settings).unwrap().truth_until(30.0);
    assert!(truth.pulses_s.len().abs_diff(truth.beats.len()) <= 1 && truth.beats.len() > 30);
}

#[test]
fn pulses_that_fail_stay_alone() {
    let rhythm = Rhythm::FailureToCapture { rate_bpm: 75.0, captured_beats: 4, lost_beats: 2 };
    let answered: String =
        answers_s(&truth(rhythm, 60.0)).iter().map(|answer| if answer.is_some() { '|' } else { '.' }).collect();
    assert!(answered.starts_with("||||..||||..||||..||||.."), "{answered}");
}

#[test]
fn a_pacemaker_that_does_not_sense_goes_on_in_step_and_takes_the_heart_where_it_can() {
    let truth = truth(Rhythm::FailureToSense { rate_bpm: 75.0, pacer_rate_bpm: 62.0 }, 120.0);
    let period_s = 60.0 / 62.0;
    assert!(truth.pulses_s.windows(2).all(|pair| (pair[1] - pair[0] - period_s).abs() < 1e-9));
    let paced = truth.beats.iter().filter(|beat| beat.class == BeatClass::Paced).count();
    let own = truth.beats.iter().filter(|beat| beat.class == BeatClass::Normal).count();
    assert!(paced > 10 && own > 40 && paced < truth.pulses_s.len(), "{paced} paced, {own} own");
    assert!(truth.beats.windows(2).all(|pair| pair[1].r_s - pair[0].r_s > 0.3));
}

#[test]
fn a_pacemaker_that_does_not_pace_leaves_a_gap() {
    let truth = truth(Rhythm::FailureToPace { rate_bpm: 70.0, pause_s: 2.4, pauses_per_min: 2.0 }, 60.0);
    let gaps = truth.pulses_s.windows(2).filter(|pair| pair[1] - pair[0] > 2.0).count();
    assert_eq!(gaps, 2, "{:?}", truth.pulses_s);
    assert!(truth.beats.windows(2).all(|pair| pair[1].r_s - pair[0].r_s < 2.41));
}

#[test]
fn the_stream_and_the_record_mark_every_pulse_at_its_sample() {
    for rate_hz in [128.0, 500.0] {
        let patient = PatientSettings { rate_hz, ..settings(3, Rhythm::DualChamberPacing { rate_bpm: 80.0 }) };
        let truth = Patient::new(patient.clone()).unwrap().truth_until(30.0);
        let expected: Vec<u64> = truth.pulses_s.iter().map(|at_s| (at_s * rate_hz).round() as u64).collect();
        let mut bed = Bed::new("bed-1", patient);
        bed.leads = vec![Lead::II];
        let mut monitor = Monitor::new(&bed, 100).unwrap();
        let (mut marked, mut first) = (Vec::new(), 0);
        for _ in 0..300 {
            let chunk = monitor.next_chunk();
            monitor.take_truth();
            let message = waveform_chunk(&chunk, 0);
            marked.extend(message.pacer_marks.iter().map(|&mark| first + u64::from(mark)));
            first += chunk.leads[0].samples.len() as u64;
        }
        assert_eq!(marked, expected[..marked.len()]);
        assert!(expected.len() - marked.len() <= 1 && marked.len() > 75);

        let folder = tempfile::tempdir().unwrap();
        let ward = |bed: &Bed| Ward { chunk_ms: 100, beds: vec![bed.clone()] };
        record(&ward(&bed), Duration::from_secs(30), folder.path()).unwrap();
        let path = folder.path().join("bed-1.pace");
        let words = std::fs::read(&path).unwrap().chunks_exact(2).filter(|word| word[1] >> 2 == 26).count();
        assert!(words.abs_diff(expected.len()) <= 1, "{words} of {}", expected.len());
        bed.patient.script = Script::only(Rhythm::Asystole).unwrap();
        record(&ward(&bed), Duration::from_secs(5), folder.path()).unwrap();
        assert!(!path.exists(), "pulses of an earlier record are left");
    }
}
