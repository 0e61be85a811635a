//! How noisy it is: a second is noisy when no lead that is used is good enough to tell arrhythmias.
//!
//! The judgement is that of [`Quality`]: mains and wander leave the complexes as they are, muscles, steps and rails do
//! not. Seconds without any lead are not noisy: there is nothing to hear.

use super::Noise;
use crate::ecg::{Duration, Time};
use crate::signal::quality::Quality;

/// Seconds that are remembered.
const REMEMBERED: u32 = 30;

/// Counts noisy seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct NoiseMeter {
    /// One bit a second, the latest lowest.
    noisy: u32,
    since: Option<Time>,
}

impl NoiseMeter {
    /// Takes the second that ends at `now`.
    pub fn second(&mut self, now: Time, qualities: impl Iterator<Item = Quality>) {
        let used = qualities.filter(|quality| *quality != Quality::Off).map(Quality::weight);
        let best = used.reduce(f32::max);
        let noisy = best.is_some_and(|best| best > 0.0 && best < Quality::Wander.weight());
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
        let mut second = |n: i64, qualities: &[Quality]| {
            meter.second(Time::from_nanos(n * 1_000_000_000), qualities.iter().copied());
            meter.found()
        };
        assert_eq!(second(1, &[Quality::Muscle, Quality::Good]), Noise::default());
        let noise = second(2, &[Quality::Muscle, Quality::Off]);
        assert_eq!((noise.since, noise.seconds_of_last_30), (Some(Time::from_nanos(1_000_000_000)), 1));
        assert_eq!(second(3, &[Quality::Clipped]).since, noise.since);
        assert_eq!(second(4, &[Quality::Flat]), Noise { since: None, seconds_of_last_30: 2 });
        let last = (5..40).map(|n| second(n, &[Quality::Wander])).last().unwrap();
        assert_eq!(last, Noise::default());
    }
}
