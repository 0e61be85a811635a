//! The average beat of each lead, and what is measured on it.

use super::Measured;
use super::beats::median;
use super::deflections::{Deflections, deflections, level_mv};
use super::intervals::Basis;
use crate::beats::delineation::{Absent, Complex, LeadMarks, MarkedBeat, Wave};
use crate::ecg::{Lead, StripLead};
use crate::signal::RATE_HZ;

/// The average beat reaches from 300 ms before to 560 ms after the R peak.
const BEFORE: usize = (0.3 * RATE_HZ) as usize;
const AFTER: usize = (0.56 * RATE_HZ) as usize;

/// One lead of a strip.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadMeasurements {
    /// Which lead.
    pub lead: Lead,
    /// The beats that entered.
    pub beats: usize,
    /// R peak of the first of them, in seconds from the strip's start.
    pub from_s: f64,
    /// R peak of the last of them.
    pub to_s: f64,
    /// Measured on the average beat.
    pub average: Deflections,
    /// The average beat in mV at 500 Hz, from 300 ms before the R peak; 0 is the level before the QRS complex. It is the
    /// median over the beats, sample by sample, so that one disturbed beat does not show.
    pub beat_mv: Vec<f32>,
    /// The marks of the average beat.
    pub marks: LeadMarks,
    /// Share of the beats whose ST level at J + 60 ms lies within 0.05 mV of the average's.
    pub confidence: f64,
}

/// The features of one beat: what machines learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatFeatures {
    /// R peak in seconds from the strip's start.
    pub r_peak_s: f64,
    /// RR interval before it in ms.
    pub rr_ms: Option<f64>,
    /// Does it belong to the basic rhythm?
    pub basic: bool,
    /// Each lead.
    pub leads: Vec<(Lead, Deflections)>,
}

/// Every lead of the strip, measured on its average beat.
pub(super) fn leads(basis: &Basis, strip_leads: &[&StripLead]) -> Vec<LeadMeasurements> {
    strip_leads.iter().enumerate().map(|(index, lead)| average(basis, index, lead)).collect()
}

/// Fewer leads understate the dispersion.
const LEAST_LEADS_FOR_DISPERSION: usize = 8;

/// Longest less shortest QT interval of the leads, in ms.
pub(super) fn qt_dispersion(leads: &[LeadMeasurements]) -> Measured {
    let measured: Vec<(&LeadMeasurements, f64)> =
        leads.iter().filter_map(|lead| lead.average.qt_ms.map(|qt_ms| (lead, qt_ms))).collect();
    if measured.len() < LEAST_LEADS_FOR_DISPERSION {
        return Measured::absent("ms");
    }
    let extreme = |pick: fn(f64, f64) -> f64, of: &dyn Fn(&(&LeadMeasurements, f64)) -> f64| {
        measured.iter().map(of).reduce(pick).unwrap_or_default()
    };
    let qt_ms = |lead: &(&LeadMeasurements, f64)| lead.1;
    Measured {
        value: Some(extreme(f64::max, &qt_ms) - extreme(f64::min, &qt_ms)),
        unit: "ms",
        leads: measured.iter().map(|(lead, _)| lead.lead.clone()).collect(),
        from_s: extreme(f64::min, &|(lead, _)| lead.from_s),
        to_s: extreme(f64::max, &|(lead, _)| lead.to_s),
        beats: measured.iter().map(|(lead, _)| lead.beats).min().unwrap_or(0),
        // It is no better than the worst of its leads.
        confidence: extreme(f64::min, &|(lead, _)| lead.confidence),
    }
}

/// Every beat, measured in every lead.
pub(super) fn features(basis: &Basis, strip_leads: &[&StripLead]) -> Vec<BeatFeatures> {
    let beats = basis.beats.iter().enumerate().zip(basis.basic);
    beats
        .map(|((index, beat), basic)| {
            let own = |(marks, lead): (&LeadMarks, &&StripLead)| {
                let row = lead.samples_mv.get(beat.start as usize..).unwrap_or(&[]);
                (lead.lead.clone(), deflections(row, marks))
            };
            let before = index.checked_sub(1).map(|before| basis.beats[before].r_peak);
            BeatFeatures {
                r_peak_s: beat.r_peak as f64 / RATE_HZ,
                rr_ms: before.map(|before| super::beats::ms((beat.r_peak - before) as f64)),
                basic: *basic,
                leads: beat.marks.leads.iter().zip(strip_leads).map(own).collect(),
            }
        })
        .collect()
}

/// The wandering baseline of one lead: a cubic spline through the level before each QRS complex (Meyer and Keiser, Comput
/// Biomed Res 1977), with the slope of the parabola through three knots at the middle one. Straight lines would cut
/// the crests of breathing between slow beats by as much as the ST level may be off.
struct Baseline {
    /// Sample and level in mV.
    knots: Vec<(f64, f64)>,
}

impl Baseline {
    fn of(basis: &Basis, index: usize, lead: &StripLead) -> Baseline {
        let knot = |beat: &MarkedBeat| {
            let onset = beat.start as usize + beat.marks.leads[index].qrs.ok()?.onset;
            Some((onset as f64 - 8.0, level_mv(&lead.samples_mv, onset)?))
        };
        Baseline { knots: basis.beats.iter().filter_map(knot).collect() }
    }

    fn at(&self, sample: f64) -> f64 {
        let after = self.knots.partition_point(|(at, _)| *at <= sample);
        match (after.checked_sub(1).map(|before| self.knots[before]), self.knots.get(after)) {
            (Some((from, from_mv)), Some((to, to_mv))) => {
                let length = to - from;
                let (s, rise_mv) = ((sample - from) / length, to_mv - from_mv);
                let (first, second) = (self.slope(after - 1) * length, self.slope(after) * length);
                from_mv
                    + s * (first + s * (3.0 * rise_mv - 2.0 * first - second + s * (first + second - 2.0 * rise_mv)))
            }
            (Some((_, mv)), None) | (None, Some(&(_, mv))) => mv,
            (None, None) => 0.0,
        }
    }

    /// Slope at a knot in mV a sample.
    fn slope(&self, knot: usize) -> f64 {
        let between = |left: usize| {
            let ((from, from_mv), (to, to_mv)) = (*self.knots.get(left)?, *self.knots.get(left + 1)?);
            (to > from).then(|| (to - from, (to_mv - from_mv) / (to - from)))
        };
        match (knot.checked_sub(1).and_then(between), between(knot)) {
            (Some((before, left)), Some((behind, right))) => (left * behind + right * before) / (before + behind),
            (Some((_, slope)), None) | (None, Some((_, slope))) => slope,
            (None, None) => 0.0,
        }
    }
}

fn average(basis: &Basis, index: usize, lead: &StripLead) -> LeadMeasurements {
    let baseline = Baseline::of(basis, index, lead);
    let mut rows: Vec<Vec<f32>> = Vec::new();
    let mut shifted: Vec<LeadMarks> = Vec::new();
    let mut span_s: Option<(f64, f64)> = None;
    for beat in basis.basic_beats() {
        let Some(from) = (beat.r_peak as usize).checked_sub(BEFORE) else { continue };
        let marks = to_r_peak(&beat.marks.leads[index], beat);
        let row = lead.samples_mv.get(from..from + BEFORE + AFTER).filter(|_| marks.qrs.is_ok());
        if let Some(row) = row {
            let corrected = |(n, value): (usize, &f32)| (f64::from(*value) - baseline.at((from + n) as f64)) as f32;
            rows.push(row.iter().enumerate().map(corrected).collect());
            shifted.push(marks);
            let at_s = beat.r_peak as f64 / RATE_HZ;
            span_s = Some((span_s.map_or(at_s, |(from_s, _)| from_s), at_s));
        }
    }
    let at = |n: usize| median(rows.iter().map(|row| f64::from(row[n])));
    let beat_mv: Vec<f32> = if rows.is_empty() {
        Vec::new()
    } else {
        (0..BEFORE + AFTER).map(|n| at(n).map_or(f32::NAN, |mv| mv as f32)).collect()
    };
    let marks = middle(&shifted);
    let average = deflections(&beat_mv, &marks);
    let agrees = |(row, marks): &(&Vec<f32>, &LeadMarks)| {
        let own = deflections(row, marks).st_j60_mv;
        own.zip(average.st_j60_mv).is_some_and(|(own, average)| (own - average).abs() <= 0.05)
    };
    let agreeing = rows.iter().zip(&shifted).filter(agrees).count() as f64;
    LeadMeasurements {
        lead: lead.lead.clone(),
        beats: rows.len(),
        from_s: span_s.map_or(0.0, |(from_s, _)| from_s),
        to_s: span_s.map_or(0.0, |(_, to_s)| to_s),
        confidence: if rows.is_empty() {
            0.0
        } else {
            agreeing / rows.len() as f64 * (rows.len() as f64 / 5.0).min(1.0)
        },
        average,
        beat_mv,
        marks,
    }
}

/// The marks of a beat in samples of the average beat; a wave that begins before it or ends after it is cut.
fn to_r_peak(marks: &LeadMarks, beat: &MarkedBeat) -> LeadMarks {
    let shift = beat.start as i64 - beat.r_peak as i64 + BEFORE as i64;
    let place = |at: usize| (at as i64 + shift).clamp(0, (BEFORE + AFTER - 1) as i64) as usize;
    let wave =
        |wave: Wave| Wave { onset: place(wave.onset), peak: place(wave.peak), offset: place(wave.offset), ..wave };
    LeadMarks {
        p: marks.p.map(wave),
        qrs: marks.qrs.map(|qrs| Complex { onset: place(qrs.onset), offset: place(qrs.offset) }),
        t: marks.t.map(wave),
    }
}

/// The median of the marks of several beats; a wave is there when at least half of the beats have it.
fn middle(marks: &[LeadMarks]) -> LeadMarks {
    let wave = |of: fn(&LeadMarks) -> Result<Wave, Absent>| -> Result<Wave, Absent> {
        let waves: Vec<Wave> = marks.iter().filter_map(|marks| of(marks).ok()).collect();
        if waves.is_empty() || waves.len() * 2 < marks.len() {
            return Err(marks.first().and_then(|marks| of(marks).err()).unwrap_or(Absent::NoWave));
        }
        let place = |of: fn(&Wave) -> usize| median(waves.iter().map(|wave| of(wave) as f64)).unwrap_or(0.0) as usize;
        // The polarity that most beats have.
        let votes = |wave: &&Wave| waves.iter().filter(|other| other.polarity == wave.polarity).count();
        let polarity = waves.iter().max_by_key(votes).map_or(waves[0].polarity, |wave| wave.polarity);
        Ok(Wave { onset: place(|w| w.onset), peak: place(|w| w.peak), offset: place(|w| w.offset), polarity })
    };
    let complexes: Vec<Complex> = marks.iter().filter_map(|marks| marks.qrs.ok()).collect();
    let place = |of: fn(&Complex) -> usize| median(complexes.iter().map(|qrs| of(qrs) as f64));
    let qrs = place(|qrs| qrs.onset).zip(place(|qrs| qrs.offset));
    LeadMarks {
        p: wave(|marks| marks.p),
        qrs: qrs.map(|(on, off)| Complex { onset: on as usize, offset: off as usize }).ok_or(Absent::NoSignal),
        t: wave(|marks| marks.t),
    }
}
