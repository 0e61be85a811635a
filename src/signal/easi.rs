//! Derives the twelve leads from the three of the EASI system.
//!
//! In goes a [`Strip`] with the leads ES, AS and AI, out comes the same strip with those of the standard twelve that are
//! missing, each marked as derived. Without all three nothing is added: what was not recorded is not made up.
//!
//! EASI (Dower and others, J Electrocardiol 1988;21 Suppl:S182) has four electrodes and a ground: E on the lower sternum, A and
//! I in the left and right midaxillary lines at its level, S on the manubrium. As the heart is close to a dipole, three
//! voltages between them give any lead as a weighted sum. Derived chest leads are good for rhythm and ST trends and are
//! not the recorded ones: they may hide or feign small Q waves and R progression.

use crate::ecg::{Lead, Strip, StripLead};

/// The recorded leads, in the order of the coefficients: each by its usual names and by its code in ISO/IEEE 11073-10101
/// (`MDC_ECG_LEAD_ES` and so on), written as chunks with a code outside of the twelve leads name it.
const EASI: [[&str; 3]; 3] = [["ES", "E-S", "MDC 131203"], ["AS", "A-S", "MDC 131204"], ["AI", "A-I", "MDC 131205"]];

/// The weights of ES, AS and AI in I, II and V1 to V6 (Feild, Feldman and Horáček: Improved EASI coefficients: their
/// derivation, values, and performance, J Electrocardiol 2002;35 Suppl:23). The other limb leads follow from I and II.
const WEIGHTS: [(Lead, [f32; 3]); 8] = [
    (Lead::I, [0.026, -0.174, 0.701]),
    (Lead::II, [-0.002, 1.098, -0.763]),
    (Lead::V1, [0.641, -0.391, 0.080]),
    (Lead::V2, [1.229, -1.050, 1.021]),
    (Lead::V3, [0.947, -0.539, 0.987]),
    (Lead::V4, [0.525, 0.004, 0.841]),
    (Lead::V5, [0.179, 0.278, 0.630]),
    (Lead::V6, [-0.043, 0.431, 0.213]),
];

/// Adds the leads that can be derived. A sample that is missing in any of the three is missing in the derived lead.
///
/// I and II come from EASI together or not at all: with one of them recorded, the pair would not obey Einthoven's relation.
pub fn add_derived_easi_leads(strip: &mut Strip) {
    let recorded = |names: &[&str; 3]| {
        let is_it =
            |lead: &&StripLead| !lead.derived && names.iter().any(|name| lead.lead.name().eq_ignore_ascii_case(name));
        strip.leads.iter().find(is_it).map(|lead| lead.samples_mv.clone())
    };
    let [Some(es), Some(as_), Some(ai)] = EASI.each_ref().map(recorded) else { return };
    let limb_recorded = [Lead::I, Lead::II, Lead::III].iter().any(|lead| strip.lead(lead).is_some());
    for (lead, [weight_es, weight_as, weight_ai]) in WEIGHTS {
        let is_limb = matches!(lead, Lead::I | Lead::II);
        if strip.lead(&lead).is_some() || (is_limb && limb_recorded) {
            continue;
        }
        let voltages = es.iter().zip(&as_).zip(&ai);
        let samples_mv = voltages.map(|((es, as_), ai)| weight_es * es + weight_as * as_ + weight_ai * ai).collect();
        strip.leads.push(StripLead { lead, derived: true, samples_mv });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{STANDARD_LEADS, Time};
    use crate::signal::derived_leads::add_derived_leads;

    fn strip(leads: &[(&str, f32)]) -> Strip {
        let lead = |(name, value): &(&str, f32)| StripLead {
            lead: Lead::from_name(name),
            derived: false,
            samples_mv: vec![*value, f32::NAN],
        };
        Strip { start: Time::default(), rate_hz: 500.0, leads: leads.iter().map(lead).collect() }
    }

    fn derived(leads: &[(&str, f32)]) -> Strip {
        let mut strip = strip(leads);
        add_derived_leads(&mut strip);
        strip
    }

    fn value(strip: &Strip, lead: &Lead) -> f32 {
        strip.lead(lead).unwrap().samples_mv[0]
    }

    /// One lead at a time at 1 mV shows a column of the published table, the limb leads that follow from I and II included.
    #[test]
    fn all_twelve_leads_have_the_published_weights() {
        let table: [(&str, [f32; 12]); 3] = [
            ("ES", [0.026, -0.002, -0.028, -0.012, 0.027, -0.015, 0.641, 1.229, 0.947, 0.525, 0.179, -0.043]),
            ("AS", [-0.174, 1.098, 1.272, -0.462, -0.723, 1.185, -0.391, -1.050, -0.539, 0.004, 0.278, 0.431]),
            ("AI", [0.701, -0.763, -1.464, 0.031, 1.082, -1.114, 0.080, 1.021, 0.987, 0.841, 0.630, 0.213]),
        ];
        for (one, column) in table {
            let strip = derived(&["ES", "AS", "AI"].map(|name| (name, f32::from(u8::from(name == one)))));
            for (lead, expected) in STANDARD_LEADS.iter().zip(column) {
                assert!((value(&strip, lead) - expected).abs() < 1e-3, "{lead} of {one}");
                assert!(strip.lead(lead).unwrap().derived && strip.lead(lead).unwrap().samples_mv[1].is_nan());
            }
            assert!(strip.absent_leads().is_empty());
        }
    }

    /// The heart as a dipole: the derived leads are those of Dower's torso (Clin Cardiol 1980;3:87) within a quarter of a
    /// lead vector's length, on the average within an eighth. The EASI lead vectors are those that fit best; they point
    /// where the electrodes lie: ES to the front, AS to the left and the feet, AI to the left.
    #[test]
    fn a_dipole_is_seen_as_by_recorded_leads() {
        const EASI_VECTORS: [[f32; 3]; 3] = [[-0.031, 0.878, -1.389], [1.216, 0.649, 0.019], [1.403, -0.342, 0.194]];
        let torso: [(Lead, [f32; 3]); 8] = [
            (Lead::I, [0.632, -0.235, 0.059]),
            (Lead::II, [0.235, 1.066, -0.132]),
            (Lead::V1, [-0.515, 0.157, -0.917]),
            (Lead::V2, [0.044, 0.164, -1.387]),
            (Lead::V3, [0.882, 0.098, -1.277]),
            (Lead::V4, [1.213, 0.127, -0.601]),
            (Lead::V5, [1.125, 0.127, -0.086]),
            (Lead::V6, [0.831, 0.076, 0.230]),
        ];
        let length = |vector: [f32; 3]| vector.iter().map(|part| part * part).sum::<f32>().sqrt();
        let mut total = 0.0;
        for (lead, vector) in torso {
            let off = [0, 1, 2].map(|axis| {
                let strip = derived(&[
                    ("ES", EASI_VECTORS[0][axis]),
                    ("AS", EASI_VECTORS[1][axis]),
                    ("AI", EASI_VECTORS[2][axis]),
                ]);
                value(&strip, &lead) - vector[axis]
            });
            let part = length(off) / length(vector);
            assert!(part < 0.26, "{lead} is off by {part}");
            total += part / 8.0;
        }
        assert!(total < 0.15, "{total}");
    }

    #[test]
    fn recorded_leads_stay_and_pairs_are_not_mixed() {
        let strip = derived(&[("e-s", 1.0), ("MDC 131204", 0.0), ("AI", 0.0), ("II", 0.5), ("V5", 0.3)]);
        assert!(!strip.lead(&Lead::II).unwrap().derived && !strip.lead(&Lead::V5).unwrap().derived);
        assert_eq!(strip.lead(&Lead::I), None);
        assert!((value(&strip, &Lead::V2) - 1.229).abs() < 1e-6);
        let einthoven = derived(&[("ES", 1.0), ("AS", 0.0), ("AI", 0.0), ("I", 0.2), ("II", 0.5)]);
        assert!((value(&einthoven, &Lead::III) - 0.3).abs() < 1e-6);
        let two = derived(&[("ES", 1.0), ("AI", 0.0)]);
        assert_eq!(two.leads.len(), 2);
    }
}
