//! P and T: located on all leads together, then followed into each lead by the feet of the wavelet's response.

use super::atrium::{Atrium, Candidate};
use super::complex::FusedComplex;
use super::habit::{self, Boundary};
use super::{Absent, LeadMarks, Place, Polarity, Scratch, Wave, Window, fusion, samples};

/// What is looked for.
struct Kind {
    /// Half widths of the wavelet for the feet; the middle one also gives the peak.
    scales: [usize; 3],
    /// Half width of the wavelet for the location.
    scale_of_location: usize,
    /// A lead's own peak lies within this of the centre.
    reach: usize,
    /// The largest deflection lies within this of the response's peak.
    peak_reach: usize,
    /// Half width of the smoothing in which the largest deflection is read.
    smoothing: usize,
    /// How much earlier than the foot of the response readers mark the offset.
    offset_earlier: f64,
    /// Its boundaries, where readers have habits that differ from lead to lead.
    onset: Option<Boundary>,
    offset: Boundary,
}

/// A P wave lasts about 100 ms.
const P: Kind = Kind {
    scales: [7, 10, 13],
    scale_of_location: 16,
    reach: samples(0.05),
    peak_reach: samples(0.024),
    smoothing: 4,
    offset_earlier: 3.5,
    onset: Some(Boundary::POnset),
    offset: Boundary::PEnd,
};
/// A T wave lasts about 200 ms.
const T: Kind = Kind {
    scales: [12, 16, 22],
    scale_of_location: 20,
    reach: samples(0.07),
    peak_reach: samples(0.03),
    smoothing: 7,
    offset_earlier: 2.0,
    onset: None,
    offset: Boundary::TEnd,
};

/// The PR interval is not looked at beyond this.
const LONGEST_PR: usize = samples(0.32);
/// The centre of a P wave is expected 110 ms before the QRS complex, with a standard deviation of 100 ms.
const P_EXPECTED: f64 = 55.0;
const P_SPREAD: f64 = 50.0;
/// What is farther than this from a P wave is another wave.
const P_APART: usize = samples(0.08);
/// The end of a T wave is not looked for beyond this after the QRS complex.
const LONGEST_ST_T: usize = samples(0.58);
/// Standard deviation of the place of the T wave.
const T_SPREAD: f64 = 55.0;
/// The least height of a T wave as the root mean square over the leads, in mV.
const LEAST_T_MV: f32 = 0.006;
/// Parts of a lead's own distance from the median that stay, and the most of it in samples.
const OWN_PART: f64 = 0.7;
const OWN_MOST: f64 = 12.0;

/// Feet and peak of a wave in one lead, in samples of the stretch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Feet {
    lead: usize,
    onset: f64,
    peak: f64,
    offset: f64,
    biphasic: bool,
    upward: bool,
}

/// A wave over all leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct FusedWave {
    pub onset: usize,
    pub offset: usize,
    pub median_offset: usize,
}

/// Marks the P wave before the complex.
pub(super) fn find_p(
    window: &Window,
    place: &Place,
    qrs: &FusedComplex,
    atrium: &mut Atrium,
    scratch: &mut Scratch,
    marks: &mut [LeadMarks],
) -> Option<FusedWave> {
    let onset = qrs.median.onset;
    let t_end = place.previous_t_end.map_or(0, |end| end.saturating_sub(5).min(onset.saturating_sub(60)));
    let after_previous = place.since_previous.map_or(0, |since| (place.r_peak + samples(0.08)).saturating_sub(since));
    let from = onset.saturating_sub(LONGEST_PR).max(t_end).max(after_previous);
    let to = onset.saturating_sub(4);
    if to < from + samples(0.08) {
        set(marks, &scratch.live, |marks| marks.p = Err(Absent::NoRoom));
        return None;
    }
    let expected = |index: usize| {
        let before = (onset - from - index) as f64;
        (-0.5 * ((before - P_EXPECTED) / P_SPREAD).powi(2)).exp()
    };
    let centre = locate(window, from..to, &P, 0..to - from - 8, expected, scratch)?;
    let Scratch { shape, fused, live, rows, .. } = scratch;
    let height_mv = fused[centre];
    let apart = |index: usize| index + P_APART < centre || index > centre + P_APART;
    let other = (0..fused.len() - 10).filter(|index| apart(*index)).map(|index| fused[index]).fold(0.0, f32::max);
    let company = f64::from(other) / f64::from(height_mv.max(1e-9));
    let candidate = Candidate { samples: to - from, centre, since_previous: place.since_previous, height_mv, company };
    rows.resize_with(window.leads_mv.len(), Vec::new);
    rows.iter_mut().for_each(Vec::clear);
    for &lead in live.iter() {
        shape.smooth(&window.leads_mv[lead][from..to], P.smoothing, &mut rows[lead]);
    }
    let row = |lead: usize| (!rows[lead].is_empty()).then_some(rows[lead].as_slice());
    if !atrium.judge(&candidate, window.leads_mv.len(), row) {
        return None;
    }
    follow(window, from..to, centre, &P, scratch);
    let last = onset.saturating_sub(1);
    Some(set_waves(window, from..=last, &P, scratch, marks, |marks| &mut marks.p))
}

/// Marks the T wave after the complex.
pub(super) fn find_t(
    window: &Window,
    place: &Place,
    qrs: &FusedComplex,
    scratch: &mut Scratch,
    marks: &mut [LeadMarks],
) -> Option<FusedWave> {
    let end = window.leads_mv.first().map_or(0, Vec::len);
    let (onset, offset) = (qrs.median.onset, qrs.median.offset);
    // The complex after begins about 40 ms before its R peak.
    let next_onset = place.until_next.map_or(onset + 450, |until| place.r_peak + until.saturating_sub(20));
    let from = offset + 6;
    let to = next_onset.saturating_sub(6).min(offset + LONGEST_ST_T).min(end);
    if to < from + samples(0.12) {
        set(marks, &scratch.live, |marks| marks.t = Err(Absent::NoRoom));
        return None;
    }
    // The T wave comes sooner at high rates: 155 ms plus a part that goes with the root of RR, as QT does (Bazett).
    let rr_s = ((next_onset.saturating_sub(onset)) as f64 / 500.0).min(1.5);
    let expected_after = 77.5 * (1.0 + (rr_s / 0.9).sqrt());
    let expected = |index: usize| {
        let after = (from + index - onset) as f64;
        (-0.5 * ((after - expected_after) / T_SPREAD).powi(2)).exp()
    };
    let centre = locate(window, from..to, &T, 8..to - from, expected, scratch)?;
    if scratch.fused[centre] < LEAST_T_MV {
        return None;
    }
    follow(window, from..to, centre, &T, scratch);
    Some(set_waves(window, from..=to - 1, &T, scratch, marks, |marks| &mut marks.t))
}

fn set(marks: &mut [LeadMarks], live: &[usize], change: impl Fn(&mut LeadMarks)) {
    for lead in live {
        change(&mut marks[*lead]);
    }
}

/// The largest response of all leads together, weighted by where it is expected. Leaves the response in `fused`.
fn locate(
    window: &Window,
    stretch: std::ops::Range<usize>,
    kind: &Kind,
    among: std::ops::Range<usize>,
    expected: impl Fn(usize) -> f64,
    scratch: &mut Scratch,
) -> Option<usize> {
    let Scratch { shape, response, fused, live, .. } = scratch;
    fused.clear();
    fused.resize(stretch.len(), 0.0);
    for &lead in live.iter() {
        shape.response(&window.leads_mv[lead][stretch.clone()], kind.scale_of_location, response);
        fused.iter_mut().zip(response.iter()).for_each(|(sum, value)| *sum += value * value);
    }
    let count = live.len() as f32;
    for sum in fused.iter_mut() {
        *sum = (*sum / count).sqrt();
    }
    let height = |index: usize| f64::from(fused[index]) * expected(index);
    among.map(|index| (index, height(index))).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
}

/// Finds feet and peak in each live lead.
fn follow(window: &Window, stretch: std::ops::Range<usize>, centre: usize, kind: &Kind, scratch: &mut Scratch) {
    let Scratch { shape, response, fused: smooth, own, live, .. } = scratch;
    own.clear();
    for &lead in live.iter() {
        let row = &window.leads_mv[lead][stretch.clone()];
        let mut feet = Feet { lead, ..Feet::default() };
        for (index, half) in kind.scales.into_iter().enumerate() {
            shape.response(row, half, response);
            let near = centre.saturating_sub(kind.reach)..(centre + kind.reach + 1).min(response.len());
            let Some(top) = near.max_by(|a, b| response[*a].abs().total_cmp(&response[*b].abs())) else { continue };
            let sign = if response[top] > 0.0 { 1.0 } else { -1.0 };
            let (onset, offset) = (foot_before(response, top, sign), foot_after(response, top, sign));
            feet.onset += onset as f64 / 3.0;
            feet.offset += offset as f64 / 3.0;
            if index == 1 {
                // Beside a single wave the response has lobes of 0.45 of its height; more is a second phase.
                let lobe = response[onset].abs().max(response[offset].abs());
                feet.biphasic = lobe > 0.8 * response[top].abs();
                feet.upward = sign > 0.0;
                // Only around the top, and as far as the smoothing reaches.
                let around = kind.peak_reach + 3 * kind.smoothing;
                let from = top.saturating_sub(around);
                shape.smooth(&row[from..(top + around + 1).min(row.len())], kind.smoothing, smooth);
                let near = top.saturating_sub(kind.peak_reach)..(top + kind.peak_reach + 1).min(row.len());
                let peak = near.max_by(|a, b| (sign * smooth[*a - from]).total_cmp(&(sign * smooth[*b - from])));
                feet.peak = peak.unwrap_or(top) as f64;
            }
        }
        own.push(feet);
    }
}

fn foot_before(response: &[f32], top: usize, sign: f32) -> usize {
    let is_foot = |at: &usize| sign * response[*at] < 0.0 && sign * response[at - 1] > sign * response[*at];
    (1..=top).rev().find(is_foot).unwrap_or(0)
}

fn foot_after(response: &[f32], top: usize, sign: f32) -> usize {
    let is_foot = |at: &usize| sign * response[*at] < 0.0 && sign * response[at + 1] > sign * response[*at];
    (top..response.len() - 1).find(is_foot).unwrap_or(response.len() - 1)
}

/// Draws the boundaries of the leads together and writes them down. A wave may have these `samples` of the window.
fn set_waves(
    window: &Window,
    samples: std::ops::RangeInclusive<usize>,
    kind: &Kind,
    scratch: &mut Scratch,
    marks: &mut [LeadMarks],
    slot: impl Fn(&mut LeadMarks) -> &mut Result<Wave, Absent>,
) -> FusedWave {
    let (from, last) = samples.into_inner();
    let Scratch { own, values, .. } = scratch;
    let mut middle = |value: fn(&Feet) -> f64| {
        values.clear();
        values.extend(own.iter().map(value));
        fusion::median(values)
    };
    let (onset, peak, offset) = (middle(|f| f.onset), middle(|f| f.peak), middle(|f| f.offset));
    let drawn = |own: f64, median: f64, part: f64| fusion::drawn(own, median, part, OWN_MOST);
    for feet in own.iter_mut() {
        let later = |boundary| window.leads.get(feet.lead).map_or(0.0, |lead| habit::later(boundary, lead));
        feet.onset = drawn(feet.onset, onset, OWN_PART) + kind.onset.map_or(0.0, later);
        feet.peak = drawn(feet.peak, peak, 1.0);
        feet.offset = drawn(feet.offset, offset, OWN_PART) + later(kind.offset) - kind.offset_earlier;
        // Leads begin their complexes at times of their own, too.
        let last =
            marks[feet.lead].qrs.map_or(last, |qrs| if kind.onset.is_some() { last.min(qrs.onset) } else { last });
        let place = |at: f64| (from + at.max(0.0).round() as usize).min(last);
        let polarity = match (feet.biphasic, feet.upward) {
            (true, _) => Polarity::Biphasic,
            (false, true) => Polarity::Positive,
            (false, false) => Polarity::Negative,
        };
        let (onset, offset) = (place(feet.onset), place(feet.offset).max(place(feet.onset)));
        let peak = place(feet.peak).clamp(onset, offset);
        *slot(&mut marks[feet.lead]) = Ok(Wave { onset, peak, offset, polarity });
    }
    let mut outermost = |value: fn(&Feet) -> f64, latest: bool| {
        values.clear();
        values.extend(own.iter().map(value));
        (from + fusion::outermost(values, latest).max(0.0).round() as usize).min(last)
    };
    let onset = outermost(|feet| feet.onset, false);
    let median_offset = (from + (offset - kind.offset_earlier).max(0.0).round() as usize).min(last);
    FusedWave { onset, offset: outermost(|feet| feet.offset, true).max(onset), median_offset }
}
