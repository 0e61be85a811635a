//! Where each wave begins, peaks and ends in each lead: what a cardiologist would mark on it.
//!
//! In: the waves of a beat. Out: marks for every lead in which the wave can be seen. A wave begins and ends where it rises
//! above and falls below [`MARKED_MV`] in that lead; one that is never [`SEEN_MV`] high is not marked.

use super::{
    torso::{ELECTRODES, Torso},
    wave::{Part, Wave},
};
use crate::truth::BeatClass;

/// Where a wave begins and ends: a fifth of a millimetre on paper.
const MARKED_MV: f64 = 0.02;
/// What is lower at its peak is not marked at all.
const SEEN_MV: f64 = 0.04;
/// Marks are exact to this.
const STEP_S: f64 = 0.0005;

/// Which wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveKind {
    /// Of the atria.
    P,
    /// Of the ventricles, and whose beat it is.
    Qrs(BeatClass),
    /// Repolarisation of the ventricles.
    T,
}

/// One wave in one lead; times in seconds from the patient's first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaveMark {
    /// Which.
    pub kind: WaveKind,
    /// Begin.
    pub onset_s: f64,
    /// Where it is farthest from the baseline.
    pub peak_s: f64,
    /// End.
    pub end_s: f64,
}

/// The marks of a beat of this class in each lead; `None` as the class of a P wave alone.
pub(super) fn of_beat(waves: &[Wave], torso: &Torso, class: Option<BeatClass>) -> [Vec<WaveMark>; 12] {
    let mut marks: [Vec<WaveMark>; 12] = Default::default();
    let kinds = [
        Some((Part::P, WaveKind::P)),
        class.map(|class| (Part::Qrs, WaveKind::Qrs(class))),
        Some((Part::T, WaveKind::T)),
    ];
    for (part, kind) in kinds.into_iter().flatten() {
        let waves: Vec<&Wave> = waves.iter().filter(|wave| wave.part == part).collect();
        let begin_s = waves.iter().map(|wave| wave.begin_s()).fold(f64::INFINITY, f64::min);
        let end_s = waves.iter().map(|wave| wave.end_s()).fold(f64::NEG_INFINITY, f64::max);
        let mut found: [Option<(f64, WaveMark)>; 12] = [None; 12];
        let steps = ((end_s - begin_s) / STEP_S).max(0.0) as usize;
        for t_s in (0..steps).map(|step| begin_s + step as f64 * STEP_S) {
            let mut dipole_mv = [0.0; 3];
            for wave in &waves {
                wave.add_to(t_s, &mut dipole_mv);
            }
            for (found, mv) in found.iter_mut().zip(torso.leads_mv(dipole_mv, [0.0; ELECTRODES])) {
                if mv.abs() < MARKED_MV {
                    continue;
                }
                let begun = WaveMark { kind, onset_s: t_s, peak_s: t_s, end_s: t_s };
                let (highest_mv, mark) = found.get_or_insert((0.0, begun));
                mark.end_s = t_s;
                if mv.abs() > *highest_mv {
                    (*highest_mv, mark.peak_s) = (mv.abs(), t_s);
                }
            }
        }
        for (marks, found) in marks.iter_mut().zip(found) {
            marks.extend(found.filter(|(highest_mv, _)| *highest_mv >= SEEN_MV).map(|(_, mark)| mark));
        }
    }
    marks
}

/// In the order of time; where waves meet, the earlier one ends where the later one begins, unless it is a complex, and
/// one that would lose its peak is not marked.
pub(super) fn apart(mut marks: Vec<WaveMark>) -> Vec<WaveMark> {
    marks.sort_by(|one, other| one.peak_s.total_cmp(&other.peak_s));
    let mut all: Vec<WaveMark> = Vec::with_capacity(marks.len());
    for mut mark in marks {
        while let Some(before) = all.last_mut().filter(|before| before.end_s > mark.onset_s) {
            if matches!(before.kind, WaveKind::Qrs(_)) {
                // A complex is whole; what begins within it is seen from its end on.
                mark.onset_s = before.end_s;
            } else if before.peak_s < mark.onset_s {
                before.end_s = mark.onset_s;
            } else {
                all.pop();
            }
        }
        if mark.onset_s <= mark.peak_s {
            all.push(mark);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(kind: WaveKind, onset_s: f64, peak_s: f64, end_s: f64) -> WaveMark {
        WaveMark { kind, onset_s, peak_s, end_s }
    }

    const COMPLEX: WaveKind = WaveKind::Qrs(BeatClass::Normal);

    #[test]
    fn waves_that_meet_share_a_border() {
        let t = mark(WaveKind::T, 0.1, 0.3, 0.5);
        let p = mark(WaveKind::P, 0.45, 0.52, 0.6);
        let made = apart(vec![mark(COMPLEX, -0.04, 0.0, 0.12), t, p]);
        let expected = [mark(COMPLEX, -0.04, 0.0, 0.12), mark(WaveKind::T, 0.12, 0.3, 0.45), p];
        assert_eq!(made, expected);
    }

    #[test]
    fn a_wave_that_another_covers_is_not_marked() {
        let complex = mark(COMPLEX, 0.25, 0.32, 0.4);
        let hidden = mark(WaveKind::P, 0.26, 0.33, 0.39);
        assert_eq!(apart(vec![mark(WaveKind::T, 0.1, 0.3, 0.5), complex, hidden]), [complex]);
    }
}
