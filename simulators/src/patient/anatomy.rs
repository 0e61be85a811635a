//! How one body differs from the average: where the heart lies, how large and wide its waves are, how the chest conducts.
//!
//! In: numbers, usually drawn by [`crate::portrait`]. Out: the waves of a heart as this body has them. The default changes
//! nothing, so that patients of a scenario are what they always were.

use rand::Rng;
use rand_distr::StandardNormal;

use super::{
    segment::RISE_S,
    wave::{Part, Wave, rotated},
};

/// How one kind of wave differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaveAnatomy {
    /// So many times as high.
    pub times: f64,
    /// So many times as wide.
    pub wide: f64,
    /// Turned by so many degrees towards the feet, and by so many towards the back.
    pub turn_deg: [f64; 2],
}

impl Default for WaveAnatomy {
    fn default() -> WaveAnatomy {
        WaveAnatomy { times: 1.0, wide: 1.0, turn_deg: [0.0; 2] }
    }
}

/// How one body differs from the average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anatomy {
    /// P waves.
    pub p: WaveAnatomy,
    /// QRS complexes, ventricular ones too.
    pub qrs: WaveAnatomy,
    /// T waves.
    pub t: WaveAnatomy,
    /// Spikes of a pacemaker at the ventricles. A pulse lasts as long in every body: `wide` is not applied to them.
    pub spike: WaveAnatomy,
    /// How much longer the PR interval is, in seconds.
    pub pr_longer_s: f64,
    /// So many times as long is repolarisation.
    pub repolarisation_times: f64,
    /// How far each wave strays from the others in height, place and width: a share of its own.
    pub stray: f64,
    /// A late wave of the right ventricle in conducted beats, to the right and the front, in mV: r' in V1.
    pub late_right_mv: f64,
    /// How long before the end of the QRS complex a displaced ST segment begins to rise; the rise takes 24 ms.
    pub st_rises_before_s: f64,
    /// So many times as high are the waves of fibrillating and fluttering atria.
    pub atrial_waves_times: f64,
    /// What is added to the lead vectors of I, II, V1 to V6.
    pub lead_vectors: [[f64; 3]; 8],
}

impl Default for Anatomy {
    fn default() -> Anatomy {
        let usual = WaveAnatomy::default();
        Anatomy {
            p: usual,
            qrs: usual,
            t: usual,
            spike: usual,
            pr_longer_s: 0.0,
            repolarisation_times: 1.0,
            stray: 0.0,
            late_right_mv: 0.0,
            st_rises_before_s: RISE_S,
            atrial_waves_times: 1.0,
            lead_vectors: [[0.0; 3]; 8],
        }
    }
}

/// The late wave of the right ventricle: so long after the R peak, so wide, in this direction.
const LATE_RIGHT_AT_S: f64 = 0.046;
const LATE_RIGHT_WIDTH_S: f64 = 0.0095;
const LATE_RIGHT: [f64; 3] = [-0.6, 0.0, -0.8];

impl Anatomy {
    /// The waves of a beat as this body has them. The template of a heart is `is_conducted` or comes from a focus.
    pub(super) fn waves(&self, template: Vec<Wave>, is_conducted: bool, random: &mut impl Rng) -> Vec<Wave> {
        if *self == Anatomy::default() {
            return template;
        }
        let mut waves: Vec<Wave> = template.iter().map(|wave| self.wave(wave, random)).collect();
        if is_conducted && self.late_right_mv > 0.0 {
            let peak_mv = LATE_RIGHT.map(|part| part * self.late_right_mv);
            waves.push(Wave { part: Part::Qrs, at_s: LATE_RIGHT_AT_S, width_s: LATE_RIGHT_WIDTH_S, peak_mv });
        }
        waves
    }

    fn wave(&self, wave: &Wave, random: &mut impl Rng) -> Wave {
        let own = match wave.part {
            Part::P => self.p,
            Part::Qrs => self.qrs,
            Part::T => self.t,
            Part::Spike => {
                let [frontal, horizontal] = self.spike.turn_deg.map(f64::to_radians);
                let peak_mv = rotated(wave.peak_mv, frontal, horizontal).map(|mv| mv * self.spike.times);
                return Wave { peak_mv, ..*wave };
            }
        };
        let mut stray = |share: f64| share * self.stray * random.sample::<f64, _>(StandardNormal).clamp(-2.5, 2.5);
        let length_mv = wave.peak_mv.iter().map(|mv| mv * mv).sum::<f64>().sqrt();
        let [frontal, horizontal] = own.turn_deg.map(f64::to_radians);
        let peak_mv = rotated(wave.peak_mv, frontal, horizontal).map(|mv| (mv + length_mv * stray(1.0)) * own.times);
        let width_s = wave.width_s * own.wide * (1.0 + stray(0.6));
        // The QRS complex widens around its R peak; P and T stay where they are.
        let place = if wave.part == Part::Qrs { own.wide } else { 1.0 };
        let at_s = match wave.part {
            Part::P => wave.at_s - self.pr_longer_s,
            Part::T => wave.at_s * self.repolarisation_times,
            _ => wave.at_s * place,
        };
        let width_s = if wave.part == Part::T { width_s * self.repolarisation_times } else { width_s };
        Wave { at_s: at_s + wave.width_s * stray(0.5), width_s, peak_mv, ..*wave }
    }
}
