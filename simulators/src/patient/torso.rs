//! From the heart to the leads: the dipole projected to the torso, and the voltages of the electrodes themselves.
//!
//! In: the cardiac dipole in mV (x to the left, y to the feet, z to the back) and what each electrode adds.
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

/// How many electrodes carry a voltage of their own: right arm, left arm, left leg, V1 to V6 (right leg is the reference).
pub(super) const ELECTRODES: usize = 9;

/// The twelve leads in mV, in the order of [`Lead::ALL`].
pub(super) fn leads_mv(dipole_mv: [f64; 3], electrodes_mv: [f64; ELECTRODES]) -> [f64; 12] {
    let [right_arm, left_arm, left_leg, chest @ ..] = electrodes_mv;
    let wilson_terminal = (right_arm + left_arm + left_leg) / 3.0;
    let mut leads = [0.0; 12];
    for (lead, vector) in LEAD_VECTORS {
        leads[lead as usize] = vector.iter().zip(dipole_mv).map(|(v, d)| v * d).sum();
    }
    let (i, ii) = (leads[0] + left_arm - right_arm, leads[1] + left_leg - right_arm);
    leads[..6].copy_from_slice(&[i, ii, ii - i, -f64::midpoint(i, ii), i - ii / 2.0, ii - i / 2.0]);
    for (lead, electrode) in leads[6..].iter_mut().zip(chest) {
        *lead += electrode - wilson_terminal;
    }
    leads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_electrode_shows_in_the_leads_it_is_part_of() {
        let mut electrodes = [0.0; ELECTRODES];
        electrodes[1] = 0.3;
        let leads = leads_mv([0.0; 3], electrodes);
        let expected = [0.3, 0.0, -0.3, -0.15, 0.3, -0.15, -0.1, -0.1, -0.1, -0.1, -0.1, -0.1];
        for (lead, expected) in leads.iter().zip(expected) {
            assert!((lead - expected).abs() < 1e-12, "{leads:?}");
        }
    }

    #[test]
    fn a_dipole_to_the_back_is_negative_in_v2() {
        assert!(leads_mv([0.0, 0.0, 1.0], [0.0; ELECTRODES])[Lead::V2 as usize] < -1.3);
    }
}
