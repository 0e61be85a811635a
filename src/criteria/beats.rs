//! Beats from the ventricles or a pacemaker, and ventricles that fibrillate or stand still.
//!
//! In go the strip and the beats with their classes, out come the findings that need no P wave.

use super::heard::{Beat, Heard};
use super::{Criterion, Finding, Outcome, reliable};
use crate::beats::BeatClass;
use crate::ecg::{Lead, Strip};
use crate::measure::Measurements;

/// A run of so many ventricular beats at more than this rate is ventricular tachycardia (AHA/ACC/HRS guideline on
/// ventricular arrhythmias, Al-Khatib et al., Circulation 2018: three or more at above 100 bpm).
const RUN_BEATS: usize = 3;
const RUN_BPM: f64 = 100.0;
/// A tachycardia whose every complex is this wide and has no P wave before it is taken for ventricular (140 ms with the
/// shape of right, 160 ms with that of left bundle branch block: Brugada et al., Circulation 1991; the lesser).
const SURELY_VENTRICULAR_MS: f64 = 140.0;
/// One this narrow is not.
const SURELY_NARROW_MS: f64 = 110.0;
/// Beats that a pacemaker begins in the ventricles are wider.
const NARROW_MS: f64 = 120.0;
/// Asystole is no QRS complex for four seconds (the challenge of Computing in Cardiology 2015, and monitors).
const ASYSTOLE_S: f64 = 4.0;
/// With pauses up to this long there is none, whatever was missed at the edges of the window.
const NO_ASYSTOLE_S: f64 = 3.0;
/// Fibrillation of the ventricles lasts four seconds in the same challenge; the first of them is not seen as such.
const FIBRILLATION_S: f64 = 3.0;
/// So many beats whose intervals differ by no more than this part are no fibrillation.
const STEADY_BEATS: usize = 6;
const STEADY_PART: f64 = 0.25;
/// Above this rate a P wave cannot be told from the T wave before it, and a wide complex is taken for ventricular.
const HIDDEN_P_BPM: f64 = 150.0;

pub(super) fn findings(strip: &Strip, measurements: &Measurements, heard: &Heard) -> Vec<Finding> {
    let fibrillation = fibrillation(strip, measurements, heard);
    let is_fibrillating = fibrillation.is_met();
    vec![
        asystole(strip, measurements, is_fibrillating),
        ventricular_tachycardia(measurements, heard, is_fibrillating),
        ventricular_beats(measurements, heard, is_fibrillating),
        paced(measurements, heard),
        fibrillation,
    ]
}

fn fibrillation(strip: &Strip, measurements: &Measurements, heard: &Heard) -> Finding {
    let rule = "fibrillation or flutter waves of the ventricles for 3 s or more";
    let criterion = Criterion::VentricularFibrillation;
    // Complexes at a steady pace are a tachycardia, however much it looks like flutter of the ventricles.
    let seen = heard.fibrillation.as_ref().filter(|_| !has_steady_beats(measurements));
    match seen {
        Some(seen) => Finding {
            leads: seen.leads.clone(),
            from_s: seen.from_s,
            to_s: seen.to_s,
            value: Some(seen.frequency_hz),
            unit: "Hz",
            ..Finding::bare(
                criterion,
                rule,
                if seen.to_s - seen.from_s >= FIBRILLATION_S { Outcome::Met } else { Outcome::NotMeasurable },
            )
        },
        None => Finding {
            to_s: strip.seconds(),
            leads: recorded(strip),
            ..Finding::bare(criterion, rule, if strip.is_empty() { Outcome::NotMeasurable } else { Outcome::NotMet })
        },
    }
}

/// Are there QRS complexes whose intervals hardly differ?
fn has_steady_beats(measurements: &Measurements) -> bool {
    let spread =
        reliable(&measurements.rr_max).zip(reliable(&measurements.rr_min)).zip(reliable(&measurements.rr_mean));
    measurements.beats_s.len() > STEADY_BEATS
        && spread.is_some_and(|((max, min), mean)| max - min <= STEADY_PART * mean)
}

/// The longest time without a QRS complex, the edges of the strip included.
fn longest_pause_s(strip: &Strip, measurements: &Measurements) -> (f64, f64) {
    let ends = [0.0].into_iter().chain(measurements.beats_s.iter().copied()).chain([strip.seconds()]);
    let ends: Vec<f64> = ends.collect();
    let pauses = ends.windows(2).map(|pair| (pair[0], pair[1]));
    pauses.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0))).unwrap_or((0.0, 0.0))
}

fn asystole(strip: &Strip, measurements: &Measurements, is_fibrillating: bool) -> Finding {
    let (from_s, to_s) = longest_pause_s(strip, measurements);
    let pause_s = to_s - from_s;
    let outcome = match pause_s {
        _ if is_fibrillating => Outcome::NotMet,
        _ if recorded(strip).is_empty() => Outcome::NotMeasurable,
        long if long >= ASYSTOLE_S => Outcome::Met,
        short if short <= NO_ASYSTOLE_S => Outcome::NotMet,
        _ => Outcome::NotMeasurable,
    };
    Finding {
        value: Some(pause_s),
        unit: "s",
        leads: recorded(strip),
        from_s,
        to_s,
        ..Finding::bare(Criterion::Asystole, "no QRS complex for 4 s", outcome)
    }
}

fn recorded(strip: &Strip) -> Vec<Lead> {
    strip.leads.iter().filter(|lead| !lead.derived).map(|lead| lead.lead.clone()).collect()
}

/// The longest run of ventricular beats at above 100 bpm.
fn longest_run(beats: &[Beat]) -> &[Beat] {
    let is_ventricular = |beat: &Beat| beat.class == BeatClass::Ventricular;
    let runs = beats.chunk_by(|a, b| is_ventricular(a) && is_ventricular(b) && (b.at_s - a.at_s) < 60.0 / RUN_BPM);
    runs.filter(|run| run.iter().all(is_ventricular)).max_by_key(|run| run.len()).unwrap_or(&[])
}

fn ventricular_tachycardia(measurements: &Measurements, heard: &Heard, is_fibrillating: bool) -> Finding {
    let rule = "three or more ventricular beats in a row above 100 bpm, or every complex 140 ms or wider above 100 bpm \
                without P waves, or above 150 bpm";
    let criterion = Criterion::VentricularTachycardia;
    let run = longest_run(&heard.beats);
    if let [first, .., last] = run
        && run.len() >= RUN_BEATS
    {
        return Finding {
            value: Some(60.0 * (run.len() - 1) as f64 / (last.at_s - first.at_s)),
            unit: "bpm",
            leads: measurements.heart_rate.leads.clone(),
            from_s: first.at_s,
            to_s: last.at_s,
            moments_s: run.iter().map(|beat| beat.at_s).collect(),
            ..Finding::bare(criterion, rule, Outcome::Met)
        };
    }
    let (rate, width) = (reliable(&measurements.heart_rate), reliable(&measurements.intervals.qrs));
    let p_waves = reliable(&measurements.intervals.p_presence);
    let has_ventricular = heard.beats.iter().any(|beat| beat.class == BeatClass::Ventricular);
    let outcome = match (rate, width) {
        _ if is_fibrillating => Outcome::NotMeasurable,
        // Neither a run of ventricular beats nor fast as a whole.
        (Some(rate), Some(_)) if rate <= RUN_BPM => Outcome::NotMet,
        (Some(_), Some(width)) if width <= SURELY_NARROW_MS && !has_ventricular => Outcome::NotMet,
        (Some(rate), Some(width)) if rate > HIDDEN_P_BPM && width >= SURELY_VENTRICULAR_MS => Outcome::Met,
        (Some(rate), Some(_)) if rate <= HIDDEN_P_BPM && p_waves.is_some_and(|share| share >= 0.7) => Outcome::NotMet,
        (Some(_), Some(width)) if width >= SURELY_VENTRICULAR_MS && p_waves.is_some_and(|share| share <= 0.3) => {
            Outcome::Met
        }
        _ => Outcome::NotMeasurable,
    };
    Finding::bare(criterion, rule, outcome).at(&measurements.heart_rate)
}

fn ventricular_beats(measurements: &Measurements, heard: &Heard, is_fibrillating: bool) -> Finding {
    let rule = "a QRS complex of another shape than the patient's own, wide, without a P wave before it";
    let ventricular = heard.beats.iter().filter(|beat| beat.class == BeatClass::Ventricular);
    let moments_s: Vec<f64> = ventricular.map(|beat| beat.at_s).collect();
    let judged = heard.beats.iter().filter(|beat| beat.class != BeatClass::Unclassifiable).count();
    let outcome = match moments_s.len() {
        _ if is_fibrillating || judged < 3 => Outcome::NotMeasurable,
        count => Outcome::of(count > 0),
    };
    let ends = moments_s.first().copied().zip(moments_s.last().copied());
    let whole = (measurements.heart_rate.from_s, measurements.heart_rate.to_s);
    let (from_s, to_s) = ends.unwrap_or(whole);
    Finding {
        value: Some(moments_s.len() as f64),
        unit: "beats",
        leads: measurements.heart_rate.leads.clone(),
        from_s,
        to_s,
        moments_s,
        ..Finding::bare(Criterion::VentricularBeats, rule, outcome)
    }
}

/// Pulses are seen where the recorder has left them in the signal. Where a monitor took them out, wide complexes may still
/// answer a pacemaker.
fn paced(measurements: &Measurements, heard: &Heard) -> Finding {
    let paced: Vec<f64> =
        heard.beats.iter().filter(|beat| beat.class == BeatClass::Paced).map(|beat| beat.at_s).collect();
    let width = reliable(&measurements.intervals.qrs);
    let outcome = if paced.len() >= 2 {
        Outcome::Met
    } else if paced.is_empty() && width.is_some_and(|ms| ms < NARROW_MS) {
        Outcome::NotMet
    } else {
        Outcome::NotMeasurable
    };
    let rule = "a pacing pulse before two or more QRS complexes";
    Finding {
        value: Some(paced.len() as f64),
        unit: "beats",
        leads: measurements.heart_rate.leads.clone(),
        from_s: paced.first().copied().unwrap_or(measurements.heart_rate.from_s),
        to_s: paced.last().copied().unwrap_or(measurements.heart_rate.to_s),
        moments_s: paced,
        ..Finding::bare(Criterion::Paced, rule, outcome)
    }
}
