//! Trials: each episode lies where its bed says and inside the definition of its alarm, noise is as stated, seeds decide.

use super::*;
use crate::truth::{BeatClass, BeatTruth, Truth};

/// The beats from the onset to the end, both included.
fn episode_beats(bed: &TrialBed) -> Vec<BeatTruth> {
    let TrialEpisode { onset_s, end_s } = bed.episode.unwrap();
    let beats = patient_of(&bed.bed.patient).truth_until(bed.seconds).beats;
    beats.into_iter().filter(|beat| (onset_s..=end_s).contains(&beat.r_s)).collect()
}

#[test]
fn every_code_has_its_episode_after_35_s_of_sinus_rhythm() {
    for code in TrialCode::ALL {
        for bed in trial(code, 20, 3, 30.0) {
            let Some(TrialEpisode { onset_s, end_s }) = bed.episode else {
                assert_eq!(code, TrialCode::Stable);
                continue;
            };
            // Where the onset is the last beat before, it lies in what was before; a change takes its time to show.
            let later_s = code.more_before_s();
            assert!((33.0 + later_s..72.0 + later_s).contains(&onset_s), "{code}: onset {onset_s}");
            let after = end_s > onset_s && end_s < bed.seconds - 15.0;
            assert!(after, "{code}: {onset_s} to {end_s} of {}", bed.seconds);
        }
    }
}

fn truth_of(bed: &TrialBed) -> Truth {
    patient_of(&bed.bed.patient).truth_until(bed.seconds)
}

#[test]
fn a_pacemaker_fails_in_a_patient_who_is_paced() {
    for bed in trial(TrialCode::Pnc, 20, 1, 0.0) {
        let truth = truth_of(&bed);
        assert!(truth.beats.iter().all(|beat| beat.class == BeatClass::Paced));
        let alone = truth.pulses_s.len() - truth.beats.len();
        assert!((3..9).contains(&alone), "{alone} pulses without an answer");
    }
    for bed in trial(TrialCode::Pnp, 20, 1, 0.0) {
        let TrialEpisode { onset_s, end_s } = bed.episode.unwrap();
        let truth = truth_of(&bed);
        let intervals = truth.pulses_s.windows(2).map(|pair| pair[1] - pair[0]);
        let longest_s = intervals.fold(0.0, f64::max);
        assert!((end_s - onset_s - longest_s).abs() < 1e-6 && (2.0..2.45).contains(&longest_s), "{longest_s}");
    }
}

#[test]
fn a_missed_beat_is_a_double_interval_and_a_run_of_svt_begins_at_once() {
    for bed in trial(TrialCode::Miss, 20, 1, 0.0) {
        let TrialEpisode { onset_s, end_s } = bed.episode.unwrap();
        let before = truth_of(&bed).beats.iter().filter(|beat| beat.r_s <= onset_s).map(|b| b.r_s).collect::<Vec<_>>();
        let recent = &before[before.len() - 9..];
        let times = (end_s - onset_s) / ((recent[8] - recent[0]) / 8.0);
        assert!((1.85..2.2).contains(&times) && end_s - onset_s < 2.2, "{times}");
    }
    for bed in trial(TrialCode::Svt, 20, 1, 0.0) {
        let beats = episode_beats(&bed);
        assert!(beats.len() >= 9 && beats.iter().all(|beat| beat.qrs_s() < 0.12), "{}", beats.len());
        assert!(beats.windows(2).all(|pair| pair[1].r_s - pair[0].r_s < 0.4));
    }
}

#[test]
fn st_changes_in_two_contiguous_recorded_leads_for_long_and_only_then() {
    for bed in trial(TrialCode::Stdev, 30, 1, 0.0) {
        let TrialEpisode { onset_s, end_s } = bed.episode.unwrap();
        assert!(onset_s > 70.0 && end_s - onset_s > 130.0, "{onset_s} to {end_s}");
        let beats = truth_of(&bed).beats;
        let middle = beats.iter().find(|beat| beat.r_s > f64::midpoint(onset_s, end_s)).unwrap().st_mv;
        let changed =
            bed.bed.leads.iter().filter(|&&lead| (middle[lead as usize] - beats[3].st_mv[lead as usize]).abs() > 0.15);
        assert!(changed.count() >= 2, "{:?} {:?}", bed.bed.patient.conditions, bed.bed.leads);
    }
}

#[test]
fn qtc_is_long_for_seven_minutes_and_normal_before() {
    for bed in trial(TrialCode::Qtc, 10, 1, 0.0) {
        let TrialEpisode { onset_s, end_s } = bed.episode.unwrap();
        assert!(onset_s > 60.0 && end_s - onset_s > 420.0, "{onset_s} to {end_s}");
        let qtcs_ms = |from_s: f64, to_s: f64| {
            let beats = truth_of(&bed).beats;
            let within: Vec<_> = beats.into_iter().filter(|beat| (from_s..to_s).contains(&beat.r_s)).collect();
            let rr_s = (within[within.len() - 1].r_s - within[0].r_s) / (within.len() - 1) as f64;
            within.iter().map(|beat| beat.qt_s() / rr_s.sqrt() * 1e3).sum::<f64>() / within.len() as f64
        };
        let (before_ms, during_ms) = (qtcs_ms(5.0, 55.0), qtcs_ms(onset_s + 30.0, end_s - 30.0));
        assert!((350.0..460.0).contains(&before_ms) && (540.0..620.0).contains(&during_ms), "{before_ms} {during_ms}");
    }
}

#[test]
fn an_electrode_is_off_or_all_are_noisy_for_the_episode() {
    for code in [TrialCode::Leads, TrialCode::Noise1, TrialCode::Noise2] {
        for TrialBed { bed, episode, .. } in trial(code, 20, 1, 0.0) {
            let TrialEpisode { onset_s, end_s } = episode.unwrap();
            let spells: Vec<(f64, f64)> = bed.lead_off.iter().map(|off| (off.spell.from_s, off.spell.to_s)).collect();
            let noises: Vec<(f64, f64)> = bed.patient.disturbances.iter().map(|d| (d.from_s, d.to_s)).collect();
            let expected = vec![(onset_s, end_s); if code == TrialCode::Leads { 1 } else { 9 }];
            assert_eq!(if code == TrialCode::Leads { &spells } else { &noises }, &expected, "{code}");
        }
    }
}

#[test]
fn episodes_are_clearly_inside_the_definition_of_their_alarm() {
    let rate_bpm = |beats: &[BeatTruth]| 60.0 * (beats.len() - 1) as f64 / (beats[beats.len() - 1].r_s - beats[0].r_s);
    for bed in trial(TrialCode::Vtac, 40, 1, 0.0) {
        let beats = episode_beats(&bed);
        assert!(beats.iter().all(|beat| beat.class == BeatClass::Ventricular));
        assert!((118.0..222.0).contains(&rate_bpm(&beats)), "{}", rate_bpm(&beats));
        assert!(beats[beats.len() - 1].r_s - beats[0].r_s > 11.5);
    }
    for bed in trial(TrialCode::Asys, 40, 1, 0.0) {
        let episode = bed.episode.unwrap();
        assert_eq!(episode_beats(&bed).len(), 2, "the beats on either side");
        assert!(episode.end_s - episode.onset_s > 8.0);
    }
    for bed in trial(TrialCode::Pause, 40, 1, 0.0) {
        let episode = bed.episode.unwrap();
        assert!((2.69..3.61).contains(&(episode.end_s - episode.onset_s)));
    }
    for bed in trial(TrialCode::Nsvt, 40, 1, 0.0) {
        let beats = episode_beats(&bed);
        assert!((3..=4).contains(&beats.len()) && rate_bpm(&beats) > 110.0);
    }
    for bed in trial(TrialCode::Xtachy, 40, 1, 0.0) {
        assert!((145.0..205.0).contains(&rate_bpm(&episode_beats(&bed))));
    }
    for bed in trial(TrialCode::Xbrady, 40, 1, 0.0) {
        assert!((24.0..38.0).contains(&rate_bpm(&episode_beats(&bed))));
    }
}

#[test]
fn the_noise_has_the_stated_ratio() {
    let beds: Vec<_> = trial(TrialCode::Asys, 40, 5, 0.0).into_iter().filter(|bed| bed.snr_db.is_some()).collect();
    assert!(beds.len() > 10);
    let mut errors_db = Vec::new();
    for TrialBed { bed, snr_db, .. } in beds {
        let script = Script::only(Rhythm::Asystole).unwrap();
        let noise = PatientSettings { script, ..bed.patient.clone() };
        let lead = patient_of(&noise).next(120 * 250).leads_mv[Lead::II as usize].clone();
        let power = lead.iter().map(|&mv| f64::from(mv).powi(2)).sum::<f64>() / lead.len() as f64;
        let signal = qrs_peak_to_peak_mv(&bed.patient).powi(2) / 8.0;
        errors_db.push(10.0 * (signal / power).log10() - snr_db.unwrap());
    }
    let mean = errors_db.iter().sum::<f64>() / errors_db.len() as f64;
    assert!(mean.abs() < 0.5, "{mean} dB: {errors_db:?}");
    // How much of the wander cancels between two electrodes differs from patient to patient.
    assert!(errors_db.iter().all(|error| error.abs() < 3.0), "{errors_db:?}");
}

#[test]
fn the_seed_decides_and_more_beds_leave_the_first_ones() {
    let run = |episodes, seed| trial(TrialCode::Run, episodes, seed, 60.0);
    assert_eq!(run(5, 7), run(9, 7)[..5]);
    assert_ne!(run(5, 7), run(5, 8));
}
