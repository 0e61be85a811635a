//! What one beat looks like in each lead, without noise.
//!
//! In: the voltage of the twelve leads at any time and where the beat begins and ends. Out: [`LeadTruth`] for each lead.

use crate::truth::{BeatTruth, LeadTruth};

use super::beat::LEVEL_BEFORE_QRS_S;

/// The voltages are looked at so often.
const STEP_S: f64 = 0.001;
/// A deflection of the QRS complex that is smaller is none (IEC 60601-2-51: 20 µV).
const LEAST_MV: f64 = 0.02;
/// The T wave is looked for from so long after the end of the QRS complex.
const T_AFTER_J_S: f64 = 0.06;

/// The shape of `beat` in each lead, in the order of [`crate::lead::Lead::ALL`].
pub(super) fn of_beat(beat: &BeatTruth, leads_mv: impl Fn(f64) -> [f64; 12]) -> [LeadTruth; 12] {
    let level_mv = leads_mv(beat.qrs_onset_s - LEVEL_BEFORE_QRS_S);
    let j_mv = leads_mv(beat.qrs_end_s);
    let rows = |from_s: f64, to_s: f64| -> Vec<[f64; 12]> {
        let steps = ((to_s - from_s) / STEP_S).max(0.0) as usize;
        (0..=steps).map(|step| leads_mv(from_s + step as f64 * STEP_S)).collect()
    };
    let complex = rows(beat.qrs_onset_s, beat.qrs_end_s);
    let t = rows(beat.qrs_end_s + T_AFTER_J_S, beat.t_end_s);
    let p = match (beat.p_onset_s, beat.p_end_s) {
        (Some(from_s), Some(to_s)) => rows(from_s, to_s.min(beat.qrs_onset_s)),
        _ => Vec::new(),
    };
    std::array::from_fn(|lead| {
        let above = |rows: &[[f64; 12]]| rows.iter().map(|row| row[lead] - level_mv[lead]).collect::<Vec<f64>>();
        let extreme = |rows: &[[f64; 12]]| {
            above(rows).into_iter().fold(0.0, |most: f64, mv| if mv.abs() > most.abs() { mv } else { most })
        };
        let area = |rows: &[[f64; 12]]| above(rows).iter().sum::<f64>() * STEP_S * 1000.0;
        let mut out = LeadTruth {
            p_mv: extreme(&p),
            st_j_mv: j_mv[lead] - level_mv[lead],
            st_mv: f64::from(beat.st_mv[lead]),
            t_mv: extreme(&t),
            qrs_area_mv_ms: area(&complex),
            ..LeadTruth::default()
        };
        deflections(&mut out, &above(&complex));
        out
    })
}

/// Q, R and S of a complex given millisecond by millisecond.
fn deflections(out: &mut LeadTruth, complex_mv: &[f64]) {
    let highest = (0..complex_mv.len()).max_by(|a, b| complex_mv[*a].total_cmp(&complex_mv[*b])).unwrap_or(0);
    let lowest = |from: usize, to: usize| (from..to).min_by(|a, b| complex_mv[*a].total_cmp(&complex_mv[*b]));
    let is_seen = |at: &usize| complex_mv[*at] < -LEAST_MV;
    if complex_mv.get(highest).is_none_or(|mv| *mv < LEAST_MV) {
        if let Some(at) = lowest(0, complex_mv.len()).filter(is_seen) {
            (out.q_mv, out.q_ms) = (complex_mv[at], complex_mv.len() as f64 * STEP_S * 1000.0);
        }
        return;
    }
    out.r_mv = complex_mv[highest];
    if let Some(at) = lowest(0, highest).filter(is_seen) {
        let end = (at..highest).find(|at| complex_mv[*at] >= 0.0).unwrap_or(highest);
        let begin = (0..at).rev().find(|at| complex_mv[*at] >= -LEAST_MV / 2.0).unwrap_or(0);
        (out.q_mv, out.q_ms) = (complex_mv[at], (end - begin) as f64 * STEP_S * 1000.0);
    }
    out.s_mv = lowest(highest, complex_mv.len()).filter(is_seen).map_or(0.0, |at| complex_mv[at]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(complex_mv: &[f64]) -> LeadTruth {
        let mut out = LeadTruth::default();
        deflections(&mut out, complex_mv);
        out
    }

    #[test]
    fn a_complex_has_q_r_and_s_or_is_one_qs() {
        let mut complex_mv = vec![-0.2; 30];
        complex_mv.extend([1.1; 30]);
        complex_mv.extend([-0.4; 20]);
        let found = shape(&complex_mv);
        assert_eq!((found.q_mv, found.q_ms, found.r_mv, found.s_mv), (-0.2, 30.0, 1.1, -0.4));
        let found = shape(&[-0.6; 80]);
        assert_eq!((found.q_mv, found.q_ms, found.r_mv, found.s_mv), (-0.6, 80.0, 0.0, 0.0));
        assert_eq!(shape(&[0.01; 50]), LeadTruth::default());
    }
}
