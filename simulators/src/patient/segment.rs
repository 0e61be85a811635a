//! A raised or lowered ST segment.
//!
//! In: the waves of a beat and a level. Out: a plateau of the dipole from the J point into the T wave: up within some
//! 25 ms around the end of the QRS complex, down along the second half of the T wave, so that neither QRS nor T ends
//! anywhere else.

use super::{
    fade,
    wave::{Part, Wave, is_visible, visible_to_s},
};

/// The plateau is usually reached so long after the end of the QRS complex, and begins to rise so long before it.
pub(super) const RISE_S: f64 = 0.012;

/// A plateau with soft shoulders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Begin and end of the rise, begin and end of the fall.
    corners_s: [f64; 4],
    level_mv: [f64; 3],
}

impl Segment {
    /// The segment of a beat, which begins to rise `rises_before_s` before the end of the QRS complex; `None` where the beat has
    /// no QRS complex or no T wave.
    pub(super) fn of_beat(waves: &[Wave], level_mv: [f64; 3], rises_before_s: f64) -> Option<Segment> {
        let of = |part| waves.iter().filter(|wave| wave.part == part).copied().collect::<Vec<Wave>>();
        let (qrs, t) = (of(Part::Qrs), of(Part::T));
        if qrs.is_empty() || t.is_empty() {
            return None;
        }
        let j_s = visible_to_s(&qrs, is_visible);
        let peak_s = t.iter().map(|wave| wave.at_s).fold(f64::NEG_INFINITY, f64::max).max(j_s + 3.0 * RISE_S);
        // The waves of T reach a little beyond what falls below the visible height.
        let end_s = t.iter().map(|wave| wave.at_s + 1.8 * wave.width_s).fold(peak_s + RISE_S, f64::max);
        let rise_s = j_s - rises_before_s;
        Some(Segment { corners_s: [rise_s, rise_s + 2.0 * RISE_S, peak_s - RISE_S, end_s], level_mv })
    }

    pub(super) fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        let [rise_s, top_s, fall_s, end_s] = self.corners_s;
        if (rise_s..end_s).contains(&t_s) {
            let height = fade((t_s - rise_s) / (top_s - rise_s)) * fade((end_s - t_s) / (end_s - fall_s));
            dipole_mv.iter_mut().zip(self.level_mv).for_each(|(sum, mv)| *sum += mv * height);
        }
    }

    pub(super) fn end_s(&self) -> f64 {
        self.corners_s[3]
    }
}
