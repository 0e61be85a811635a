//! Amplitudes and ST level of one beat in one lead, against the level just before the QRS complex.

use super::beats::{median, ms};
use crate::beats::delineation::{LeadMarks, Polarity};
use crate::signal::RATE_HZ;

/// A deflection smaller than this is none (IEC 60601-2-51: 20 µV).
const LEAST_MV: f64 = 0.02;

/// What one lead shows of one beat; amplitudes in mV from the level before the QRS complex.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deflections {
    /// Peak of the P wave.
    pub p_mv: Option<f64>,
    /// Q wave (negative); in a complex without R wave the whole QS.
    pub q_mv: Option<f64>,
    /// Duration of the Q wave in ms.
    pub q_ms: Option<f64>,
    /// R wave: the largest positive deflection.
    pub r_mv: Option<f64>,
    /// S wave (negative): the lowest after the R wave.
    pub s_mv: Option<f64>,
    /// Peak of the T wave.
    pub t_mv: Option<f64>,
    /// Direction of the T wave.
    pub t_polarity: Option<Polarity>,
    /// Level at the J point.
    pub st_j_mv: Option<f64>,
    /// Level 60 ms after the J point.
    pub st_j60_mv: Option<f64>,
    /// Level 80 ms after the J point.
    pub st_j80_mv: Option<f64>,
    /// Slope of the ST segment from J to J + 80 ms, in mV/s.
    pub st_slope_mv_s: Option<f64>,
    /// Duration of the P wave in ms.
    pub p_ms: Option<f64>,
    /// PR interval in ms.
    pub pr_ms: Option<f64>,
    /// Duration of the QRS complex in ms.
    pub qrs_ms: Option<f64>,
    /// QT interval in ms.
    pub qt_ms: Option<f64>,
    /// Net area of the P wave in mV·ms.
    pub p_area: Option<f64>,
    /// Net area of the QRS complex in mV·ms.
    pub qrs_area: Option<f64>,
    /// Net area of the T wave in mV·ms.
    pub t_area: Option<f64>,
}

impl Deflections {
    /// Is the Q wave pathological: at least 0.1 mV deep, and at least 40 ms wide or deeper than a quarter of the R wave
    /// (the classic criterion; depth and width as in the Fourth Universal Definition of Myocardial Infarction, 2018)?
    pub fn q_is_pathological(&self) -> Option<bool> {
        self.qrs_ms?;
        let Some(q_mv) = self.q_mv else { return Some(false) };
        let wide = self.q_ms.is_some_and(|ms| ms >= 40.0);
        let deep = self.r_mv.is_none_or(|r_mv| -q_mv > r_mv / 4.0);
        Some(q_mv <= -0.1 && (wide || deep))
    }
}

/// Level before the QRS complex: the median of 24 ms that end 4 ms before its onset.
pub(super) fn level_mv(row: &[f32], onset: usize) -> Option<f64> {
    let before = row.get(onset.saturating_sub(14)..onset.saturating_sub(2))?;
    median(before.iter().map(|value| f64::from(*value)))
}

/// Measures `row`, whose marks are `marks`.
pub(super) fn deflections(row: &[f32], marks: &LeadMarks) -> Deflections {
    let mut out = Deflections::default();
    let Ok(qrs) = marks.qrs else { return out };
    let Some(level_mv) = level_mv(row, qrs.onset) else { return out };
    let offset = qrs.offset.min(row.len().saturating_sub(1));
    let height = |at: usize| row.get(at).map(|value| f64::from(*value) - level_mv).filter(|mv| mv.is_finite());
    // Two samples on either side: ST and wave peaks are read without the noise of a single sample.
    let around = |at: usize| {
        let near = at.saturating_sub(2)..=at + 2;
        median(near.filter_map(height)).filter(|_| at < row.len())
    };
    // An ST segment is flat enough for the mean of 18 ms, which hears less noise than a median of few.
    let segment = |at: usize| {
        let values: Vec<f64> = (at.saturating_sub(4)..=at + 4).filter_map(height).collect();
        (at < row.len() && !values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let area = |from: usize, to: usize| (from..=to).filter_map(height).sum::<f64>() * 1000.0 / RATE_HZ;
    out.qrs_ms = Some(ms((offset - qrs.onset.min(offset)) as f64));
    out.qrs_area = Some(area(qrs.onset, offset));
    complex(&mut out, qrs.onset, offset, height);
    out.st_j_mv = around(offset);
    out.st_j60_mv = segment(offset + 30);
    out.st_j80_mv = segment(offset + 40);
    out.st_slope_mv_s = out.st_j_mv.zip(out.st_j80_mv).map(|(j, j80)| (j80 - j) / 0.08);
    if let Ok(p) = marks.p {
        out.p_mv = around(p.peak);
        out.p_ms = Some(ms((p.offset - p.onset) as f64));
        out.pr_ms = Some(ms(qrs.onset.saturating_sub(p.onset) as f64));
        out.p_area = Some(area(p.onset, p.offset));
    }
    if let Ok(t) = marks.t {
        out.t_mv = around(t.peak);
        out.t_polarity = Some(t.polarity);
        out.qt_ms = Some(ms(t.offset.saturating_sub(qrs.onset) as f64));
        out.t_area = Some(area(t.onset, t.offset));
    }
    out
}

/// Q, R and S between onset and offset.
fn complex(out: &mut Deflections, onset: usize, offset: usize, height: impl Fn(usize) -> Option<f64>) {
    let value = |at: &usize| height(*at).unwrap_or(0.0);
    let highest = (onset..=offset).max_by(|a, b| value(a).total_cmp(&value(b))).unwrap_or(onset);
    let lowest = |from: usize, to: usize| (from..=to).min_by(|a, b| value(a).total_cmp(&value(b)));
    if value(&highest) < LEAST_MV {
        // No R wave: one negative complex.
        if let Some(at) = lowest(onset, offset).filter(|at| value(at) < -LEAST_MV) {
            (out.q_mv, out.q_ms) = (Some(value(&at)), out.qrs_ms);
        }
        return;
    }
    out.r_mv = Some(value(&highest));
    if let Some(at) = lowest(onset, highest).filter(|at| value(at) < -LEAST_MV) {
        let end = (at..highest).find(|at| value(at) >= 0.0).unwrap_or(highest);
        (out.q_mv, out.q_ms) = (Some(value(&at)), Some(ms((end - onset) as f64)));
    }
    out.s_mv = lowest(highest, offset).map(|at| value(&at)).filter(|mv| *mv < -LEAST_MV);
}
