//! The window heard as a bed hears its stream: which beats are ventricular or paced, and whether the ventricles fibrillate.
//!
//! In go a strip and the R peaks that were measured on it, out come the beats with their classes and the findings of
//! [`Rhythm`]. The classifier hears the strip twice: once to learn what the patient's beats look like, once to judge them.

use crate::beats::BeatClass;
use crate::beats::classes::{ClassifiedBeat, Classifier};
use crate::ecg::{Lead, Strip, Time};
use crate::measure::Measurements;
use crate::rhythm::{ClassedBeat, Rhythm};
use crate::signal::RATE_HZ;
use crate::signal::quality::{Quality, QualityMeter, Spectrum};

/// A beat is told to the classifier this many samples (200 ms) after its R peak, as the detector of a bed does at the latest.
const TOLD_AFTER: u64 = 100;
/// The rhythm is looked at ten times a second.
const STEP: usize = 50;
/// No rate of a window reaches across a longer pause than this; what is known of the rhythm does not depend on it.
const LONGEST_PAUSE_S: f64 = 10.0;

/// A beat of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// R peak in seconds from the strip's start.
    pub at_s: f64,
    /// What it is.
    pub class: BeatClass,
    /// Width of its steep part in ms, where it was measured.
    pub width_ms: Option<u32>,
}

impl Beat {
    /// Is it conducted from above, or at least not known to come from elsewhere?
    pub fn is_conducted(&self) -> bool {
        matches!(self.class, BeatClass::Normal | BeatClass::Supraventricular | BeatClass::Unclassifiable)
    }
}

/// Fibrillation of the ventricles, in seconds from the strip's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Fibrillation {
    /// Since when.
    pub from_s: f64,
    /// Until when it was seen.
    pub to_s: f64,
    /// The leads that show it.
    pub leads: Vec<Lead>,
    /// Dominant frequency.
    pub frequency_hz: f64,
}

/// What was heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The beats in the order of time.
    pub beats: Vec<Beat>,
    /// Fibrillation of the ventricles, if there was any; the longest.
    pub fibrillation: Option<Fibrillation>,
}

/// One lead, with the last valid sample held where there is none.
struct Row {
    lead: Lead,
    held_mv: Vec<f32>,
    valid: Vec<bool>,
}

fn rows(strip: &Strip) -> Vec<Row> {
    let recorded = strip.leads.iter().filter(|lead| !lead.derived && lead.samples_mv.len() == strip.len());
    let row = |lead: &crate::ecg::StripLead| {
        let mut held = 0.0;
        let mut hold = |value: &f32| {
            if value.is_finite() {
                held = *value;
            }
            held
        };
        Row {
            lead: lead.lead.clone(),
            held_mv: lead.samples_mv.iter().map(&mut hold).collect(),
            valid: lead.samples_mv.iter().map(|value| value.is_finite()).collect(),
        }
    };
    recorded.map(row).collect()
}

/// Hears a strip at 500 Hz.
pub fn hear(strip: &Strip, measurements: &Measurements) -> Heard {
    let rows = rows(strip);
    if rows.is_empty() {
        return Heard::default();
    }
    let r_peaks: Vec<u64> = measurements.beats_s.iter().map(|at_s| (at_s * RATE_HZ).round() as u64).collect();
    let mut classifier = Classifier::new(rows.len());
    let mut out = Heard::default();
    for is_second in [false, true] {
        let mut pass = Pass::new(&rows);
        for n in 0..strip.len() {
            pass.sample(n, &rows, &r_peaks, &mut classifier);
        }
        for beat in classifier.unfinished() {
            pass.beats.push(beat);
        }
        classifier.restart();
        if is_second {
            out.beats = pass.beats.iter().map(|beat| of(*beat)).collect();
            out.fibrillation = pass.fibrillation;
        }
    }
    out
}

fn of(beat: ClassifiedBeat) -> Beat {
    Beat { at_s: beat.r_peak as f64 / RATE_HZ, class: beat.class, width_ms: beat.width_ms }
}

/// Going over the strip once.
struct Pass {
    rhythm: Rhythm,
    meters: Vec<QualityMeter>,
    qualities: Vec<Quality>,
    spectrum: Spectrum,
    beats: Vec<ClassifiedBeat>,
    told: usize,
    fibrillation: Option<Fibrillation>,
}

impl Pass {
    fn new(rows: &[Row]) -> Pass {
        let mut rhythm = Rhythm::default();
        let leads: Vec<Lead> = rows.iter().map(|row| row.lead.clone()).collect();
        rhythm.start(&leads);
        rhythm.watch(time(0));
        Pass {
            rhythm,
            meters: rows.iter().map(|_| QualityMeter::new()).collect(),
            qualities: vec![Quality::Good; rows.len()],
            spectrum: Spectrum::default(),
            beats: Vec::new(),
            told: 0,
            fibrillation: None,
        }
    }

    fn sample(&mut self, n: usize, rows: &[Row], r_peaks: &[u64], classifier: &mut Classifier) {
        for ((meter, quality), row) in self.meters.iter_mut().zip(&mut self.qualities).zip(rows) {
            if let Some(new) = meter.push(row.held_mv[n], row.valid[n], &mut self.spectrum) {
                *quality = new;
            }
        }
        classifier.push(rows.iter().map(|row| (row.held_mv[n], row.valid[n])));
        if let Some(&r_peak) = r_peaks.get(self.told).filter(|r_peak| **r_peak + TOLD_AFTER <= n as u64) {
            self.told += 1;
            self.rhythm.beat(time(r_peak), LONGEST_PAUSE_S);
            classifier.beat(r_peak);
        }
        if let Some(beat) = classifier.classified() {
            let ClassifiedBeat { r_peak, class, shape, own, width_ms, p_wave } = beat;
            self.rhythm.classified(ClassedBeat { at: time(r_peak), class, shape, own, width_ms, p_wave });
            self.beats.push(beat);
        }
        if (n + 1).is_multiple_of(STEP) {
            let latest = |lead: usize, count: usize| {
                let from = (n + 1).checked_sub(count)?;
                let values = rows[lead].held_mv[from..=n].iter().zip(&rows[lead].valid[from..=n]);
                Some(values.map(|(value, valid)| if *valid { *value } else { f32::NAN }))
            };
            let quiet = rows.iter().map(|_| 0.0);
            self.rhythm.update(time(n as u64 + 1), self.qualities.iter().copied(), quiet, latest);
            self.look_for_fibrillation();
        }
    }

    fn look_for_fibrillation(&mut self) {
        let Some(seen) = &self.rhythm.findings().ventricular_oscillation else { return };
        let seconds = |at: Time| at.seconds_since(time(0)).max(0.0);
        let (from_s, to_s) = (seconds(seen.from), seconds(seen.to));
        let longest = self.fibrillation.as_ref().is_none_or(|known| to_s - from_s >= known.to_s - known.from_s);
        if longest {
            self.fibrillation =
                Some(Fibrillation { from_s, to_s, leads: seen.leads.clone(), frequency_hz: seen.frequency_hz });
        }
    }
}

fn time(sample: u64) -> Time {
    Time::default().plus_samples(sample as i64, RATE_HZ)
}
