//! How noisy it is: a second is noisy when no lead that is used is good enough to tell arrhythmias.
//!
//! The judgement is that of [`Quality`]: mains and wander leave the complexes as they are, steps and rails do not. Muscles
//! do as long as little of them is left in the QRS band: most of their power lies above it. Seconds without any lead are
//! not noisy: there is nothing to hear.

use super::Noise;
use crate::ecg::{Duration, Time};
use crate::signal::quality::Quality;

/// Seconds that are remembered.
const REMEMBERED: u32 = 30;

/// Beats stand out of the muscles while the QRS band shows less than this part of a beat between beats.
const STANDS_OUT: f64 = 0.25;

/// Counts noisy seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct NoiseMeter {
    /// One bit a second, the latest lowest.
    noisy: u32,
    since: Option<Time>,
}

impl NoiseMeter {
    /// Takes the second that ends at `now`: the quality of each lead, and what it shows between beats in the QRS band in
    /// parts of what it shows at one.
    pub fn second(&mut self, now: Time, leads: impl Iterator<Item = (Quality, f64)>) {
        let (mut any, mut any_good) = (false, false);
        for (quality, noise) in leads.filter(|(quality, _)| quality.weight() > 0.0) {
            any = true;
            any_good |=
                quality.weight() >= Quality::Wander.weight() || quality == Quality::Muscle && noise < STANDS_OUT;
        }
        let noisy = any && !any_good;
        self.noisy = (self.noisy << 1 | u32::from(noisy)) & ((1 << REMEMBERED) - 1);
        self.since = noisy.then(|| self.since.unwrap_or(now - Duration::from_nanos(1_000_000_000)));
    }

    /// What is known now.
    pub fn found(&self) -> Noise {
        Noise { since: self.since, seconds_of_last_30: self.noisy.count_ones() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_noisy_when_the_best_lead_is() {
        let mut meter = NoiseMeter::default();
        let mut second = |n: i64, qualities: &[Quality], noise: f64| {
            let leads = qualities.iter().map(|quality| (*quality, noise));
            meter.second(Time::from_nanos(n * 1_000_000_000), leads);
            meter.found()
        };
        assert_eq!(second(1, &[Quality::Muscle, Quality::Good], 0.3), Noise::default());
        let noise = second(2, &[Quality::Muscle, Quality::Off], 0.3);
        assert_eq!((noise.since, noise.seconds_of_last_30), (Some(Time::from_nanos(1_000_000_000)), 1));
        assert_eq!(second(3, &[Quality::Clipped], 0.1).since, noise.since);
        assert_eq!(second(4, &[Quality::Flat], 0.1), Noise { since: None, seconds_of_last_30: 2 });
        assert_eq!(second(5, &[Quality::Muscle], 0.2), Noise { since: None, seconds_of_last_30: 2 });
        let last = (6..40).map(|n| second(n, &[Quality::Wander], 0.3)).last().unwrap();
        assert_eq!(last, Noise::default());
    }
}
