//! The disturbances of every day, drawn at a rate.
//!
//! In: which leads, for how long, how many an hour, a random stream. Out: disturbances of electrodes and leads that are
//! off. They come independently of one another (a Poisson process), as patients move and nurses turn them.

use rand::Rng;
use rand_distr::{Distribution, Exp};

use crate::{
    lead::Lead,
    patient::{Disturbance, DisturbanceKind, Electrode},
    scenario::{LeadOff, Spell},
};

/// What disturbs one patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Everyday {
    /// Of the electrodes of the recorded leads.
    pub disturbances: Vec<Disturbance>,
    /// Electrodes that come off, with every recorded lead they are part of.
    pub lead_off: Vec<LeadOff>,
}

/// Disturbances of a patient with these leads over `seconds`: of 20, 9 are motion (0.3 to 2 mV, 2 to 15 s), 6 muscle (0.05
/// to 0.25 mV, 3 to 20 s), 2 mains hum (0.03 to 0.2 mV, 10 to 60 s), 1 saturation (2 to 6 s) and 2 electrodes off
/// (5 to 40 s). No rate, or none above 0, gives none.
pub fn everyday(leads: &[Lead], seconds: f64, per_hour: f64, random: &mut impl Rng) -> Everyday {
    let mut everyday = Everyday::default();
    let Ok(gaps) = Exp::new(per_hour / 3600.0) else { return everyday };
    let connected = |electrode: &Electrode| leads.iter().any(|&lead| Electrode::of_lead(lead).contains(electrode));
    let electrodes: Vec<Electrode> = Electrode::ALL.into_iter().filter(connected).collect();
    if electrodes.is_empty() {
        return everyday;
    }
    let mut from_s = gaps.sample(random);
    while from_s < seconds {
        let electrode = electrodes[random.random_range(0..electrodes.len())];
        let place = random.random_range(0..20);
        let (kind, longest_s, levels_mv) = match place {
            0..9 => (Some(DisturbanceKind::Motion), 2.0..15.0, 0.3..2.0),
            9..15 => (Some(DisturbanceKind::Muscle), 3.0..20.0, 0.05..0.25),
            15..17 => (Some(DisturbanceKind::Mains), 10.0..60.0, 0.03..0.2),
            17 => (Some(DisturbanceKind::Saturation), 2.0..6.0, 0.5..1.0),
            _ => (None, 5.0..40.0, 0.5..1.0),
        };
        let to_s = from_s + random.random_range(longest_s);
        let level_mv = random.random_range(levels_mv);
        if let Some(kind) = kind {
            everyday.disturbances.push(Disturbance { kind, electrode, from_s, to_s, level_mv });
        } else {
            let off = leads.iter().copied().filter(|&lead| Electrode::of_lead(lead).contains(&electrode));
            everyday.lead_off.push(LeadOff { leads: off.collect(), spell: Spell { from_s, to_s } });
        }
        from_s += gaps.sample(random);
    }
    everyday
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn as_many_as_asked_on_electrodes_that_are_there() {
        let random = || ChaCha8Rng::seed_from_u64(2);
        let made = everyday(&[Lead::II], 100.0 * 3600.0, 20.0, &mut random());
        let count = made.disturbances.len() + made.lead_off.len();
        assert!((1850..2150).contains(&count), "{count}");
        let limb = [Electrode::RightArm, Electrode::LeftLeg];
        assert!(made.disturbances.iter().all(|disturbance| limb.contains(&disturbance.electrode)));
        assert!(made.lead_off.iter().all(|off| off.leads == [Lead::II]) && !made.lead_off.is_empty());
        for per_hour in [0.0, -1.0, f64::NAN] {
            assert_eq!(everyday(&[Lead::II], 3600.0, per_hour, &mut random()), Everyday::default());
        }
    }
}
