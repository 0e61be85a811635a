//! From the heart to the leads: the dipole projected to the torso, and the voltages of the electrodes themselves.
//!
//! In: the cardiac dipole in mV (x to the left, y to the feet, z to the back) and what each electrode adds.
//! A torso of its own shape has other lead vectors ([`Torso::with_own_shape`]).
//! Out: twelve leads that obey Einthoven and Goldberger exactly, because III and the augmented leads are made from I and II.

use crate::lead::Lead;

/// Lead vectors of I, II and V1 to V6 for the Frank dipole (Dower, Machado, Osborne: On deriving the
/// electrocardiogram from vectorcardiographic leads, Clin Cardiol 1980;3:87).
const LEAD_VECTORS: [(Lead, [f64; 3]); 8] = [
    (Lead::I, [0.632, -0.235, 0.059]),
    (Lead::II, [0.235, 1.066, -0.132]),
    (Lead::V1, [-0.515, 0.157, -0.917]),
    (Lead::V2, [0.044, 0.164, -1.387]),
    (Lead::V3, [0.882, 0.098, -1.277]),
    (Lead::V4, [1.213, 0.127, -0.601]),
    (Lead::V5, [1.125, 0.127, -0.086]),
    (Lead::V6, [0.831, 0.076, 0.230]),
];

/// An electrode that carries a voltage of its own; the right leg is the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the standard names
pub enum Electrode {
    RightArm,
    LeftArm,
    LeftLeg,
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
}

impl Electrode {
    /// All of them, limbs first.
    pub const ALL: [Electrode; ELECTRODES] = [
        Electrode::RightArm,
        Electrode::LeftArm,
        Electrode::LeftLeg,
        Electrode::V1,
        Electrode::V2,
        Electrode::V3,
        Electrode::V4,
        Electrode::V5,
        Electrode::V6,
    ];

    /// The name on its cable (IEC 60601-2-25, second code): RA, LA, LL, V1 to V6.
    pub fn name(self) -> &'static str {
        ["RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"][self as usize]
    }

    /// The electrode of this name; letter case does not matter.
    pub fn from_name(name: &str) -> Option<Electrode> {
        Electrode::ALL.into_iter().find(|electrode| electrode.name().eq_ignore_ascii_case(name))
    }

    /// The electrodes a lead is made of.
    pub fn of_lead(lead: Lead) -> &'static [Electrode] {
        use Electrode::{LeftArm, LeftLeg, RightArm, V1, V2, V3, V4, V5, V6};
        match lead {
            Lead::I => &[RightArm, LeftArm],
            Lead::II => &[RightArm, LeftLeg],
            Lead::III => &[LeftArm, LeftLeg],
            Lead::AVR | Lead::AVL | Lead::AVF => &[RightArm, LeftArm, LeftLeg],
            Lead::V1 => &[RightArm, LeftArm, LeftLeg, V1],
            Lead::V2 => &[RightArm, LeftArm, LeftLeg, V2],
            Lead::V3 => &[RightArm, LeftArm, LeftLeg, V3],
            Lead::V4 => &[RightArm, LeftArm, LeftLeg, V4],
            Lead::V5 => &[RightArm, LeftArm, LeftLeg, V5],
            Lead::V6 => &[RightArm, LeftArm, LeftLeg, V6],
        }
    }
}

/// How many electrodes there are.
pub(super) const ELECTRODES: usize = 9;

/// What an amplifier can show; a lead beyond it stays at the end.
const AMPLIFIER_RANGE_MV: f64 = 20.0;

/// How the dipole of the heart shows in the leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Torso {
    vectors: [(Lead, [f64; 3]); LEAD_VECTORS.len()],
}

impl Torso {
    /// The torso whose lead vectors were published.
    pub(super) const AVERAGE: Torso = Torso { vectors: LEAD_VECTORS };

    /// A torso whose lead vectors differ from the average by these, in the order I, II, V1 to V6.
    pub(super) fn with_own_shape(differences: [[f64; 3]; LEAD_VECTORS.len()]) -> Torso {
        let mut torso = Torso::AVERAGE;
        for ((_, vector), difference) in torso.vectors.iter_mut().zip(differences) {
            vector.iter_mut().zip(difference).for_each(|(part, more)| *part += more);
        }
        torso
    }

    /// The twelve leads in mV, in the order of [`Lead::ALL`].
    pub(super) fn leads_mv(&self, dipole_mv: [f64; 3], electrodes_mv: [f64; ELECTRODES]) -> [f64; 12] {
        let [right_arm, left_arm, left_leg, chest @ ..] = electrodes_mv;
        let wilson_terminal = (right_arm + left_arm + left_leg) / 3.0;
        let mut leads = [0.0; 12];
        for (lead, vector) in self.vectors {
            leads[lead as usize] = vector.iter().zip(dipole_mv).map(|(v, d)| v * d).sum();
        }
        let (i, ii) = (leads[0] + left_arm - right_arm, leads[1] + left_leg - right_arm);
        leads[..6].copy_from_slice(&[i, ii, ii - i, -f64::midpoint(i, ii), i - ii / 2.0, ii - i / 2.0]);
        for (lead, electrode) in leads[6..].iter_mut().zip(chest) {
            *lead += electrode - wilson_terminal;
        }
        leads.map(|mv| mv.clamp(-AMPLIFIER_RANGE_MV, AMPLIFIER_RANGE_MV))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_electrode_shows_in_the_leads_it_is_part_of() {
        let mut electrodes = [0.0; ELECTRODES];
        electrodes[1] = 0.3;
        let leads = Torso::AVERAGE.leads_mv([0.0; 3], electrodes);
        let expected = [0.3, 0.0, -0.3, -0.15, 0.3, -0.15, -0.1, -0.1, -0.1, -0.1, -0.1, -0.1];
        for (lead, expected) in leads.iter().zip(expected) {
            assert!((lead - expected).abs() < 1e-12, "{leads:?}");
        }
    }

    #[test]
    fn a_dipole_to_the_back_is_negative_in_v2() {
        assert!(Torso::AVERAGE.leads_mv([0.0, 0.0, 1.0], [0.0; ELECTRODES])[Lead::V2 as usize] < -1.3);
    }
}
