//! Derives limb leads from those that were recorded, by Einthoven's and Goldberger's relations.
//!
//! In goes a [`Strip`] with at least two of I, II and III, out comes the same strip with the missing limb leads,
//! each marked as derived. With fewer, nothing is added: what was not recorded is not made up.

use crate::ecg::{Lead, Strip, StripLead};

/// Adds the limb leads that can be derived. A sample that is missing in either source is missing in the derived lead.
pub fn add_derived_limb_leads(strip: &mut Strip) {
    let recorded = |lead: Lead| strip.lead(&lead).map(|found| found.samples_mv.clone());
    let combine = |a: &[f32], b: &[f32], weight_a: f32, weight_b: f32| -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| weight_a * a + weight_b * b).collect()
    };
    // Everything follows from I and II; either can be had from the other and III.
    let (lead_i, lead_ii) = match (recorded(Lead::I), recorded(Lead::II), recorded(Lead::III)) {
        (Some(i), Some(ii), _) => (i, ii),
        (Some(i), None, Some(iii)) => {
            let ii = combine(&i, &iii, 1.0, 1.0);
            (i, ii)
        }
        (None, Some(ii), Some(iii)) => (combine(&ii, &iii, 1.0, -1.0), ii),
        _ => return,
    };
    let weights = [
        (Lead::I, 1.0, 0.0),
        (Lead::II, 0.0, 1.0),
        (Lead::III, -1.0, 1.0),
        (Lead::AVR, -0.5, -0.5),
        (Lead::AVL, 1.0, -0.5),
        (Lead::AVF, -0.5, 1.0),
    ];
    for (lead, weight_i, weight_ii) in weights {
        if strip.lead(&lead).is_none() {
            let samples_mv = combine(&lead_i, &lead_ii, weight_i, weight_ii);
            strip.leads.push(StripLead { lead, derived: true, samples_mv });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::Time;

    fn strip(leads: &[(Lead, f32)]) -> Strip {
        let lead = |(lead, value): &(Lead, f32)| StripLead {
            lead: lead.clone(),
            derived: false,
            samples_mv: vec![*value, f32::NAN],
        };
        Strip { start: Time::default(), rate_hz: 500.0, leads: leads.iter().map(lead).collect() }
    }

    #[test]
    fn any_two_of_three_give_all_six() {
        for given in
            [[(Lead::I, 0.4), (Lead::II, 1.0)], [(Lead::I, 0.4), (Lead::III, 0.6)], [(Lead::II, 1.0), (Lead::III, 0.6)]]
        {
            let mut strip = strip(&given);
            add_derived_limb_leads(&mut strip);
            let value = |lead: Lead| strip.lead(&lead).unwrap().samples_mv[0];
            let expected = [
                (Lead::I, 0.4),
                (Lead::II, 1.0),
                (Lead::III, 0.6),
                (Lead::AVR, -0.7),
                (Lead::AVL, -0.1),
                (Lead::AVF, 0.8),
            ];
            for (lead, expected) in expected {
                assert!((value(lead.clone()) - expected).abs() < 1e-6, "{lead}");
                assert_eq!(strip.lead(&lead).unwrap().derived, given.iter().all(|(known, _)| *known != lead));
                assert!(strip.lead(&lead).unwrap().samples_mv[1].is_nan());
            }
        }
    }

    #[test]
    fn one_lead_derives_nothing() {
        let mut one = strip(&[(Lead::II, 1.0), (Lead::V1, 0.2)]);
        add_derived_limb_leads(&mut one);
        assert_eq!(one.leads.len(), 2);
    }
}
