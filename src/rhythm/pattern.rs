//! Ventricular beats in turn with others: bigeminy and trigeminy.

use super::{Pattern, PatternKind};
use crate::ecg::Time;

/// It is one when it came again so often.
const LEAST_CYCLES: usize = 3;

/// Counts the other beats between two ventricular ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    /// The last ventricular beat, if nothing has broken the pattern since.
    last: Option<Time>,
    others: usize,
    going_on: Option<Pattern>,
}

impl Patterns {
    /// Takes a beat. A beat that cannot be told counts as one of the others.
    pub fn beat(&mut self, at: Time, ventricular: bool) {
        if !ventricular {
            self.others += 1;
            let most = self.going_on.map_or(2, |pattern| others(pattern.kind));
            if self.others > most {
                self.clear();
            }
            return;
        }
        let kind = match self.others {
            1 => Some(PatternKind::Bigeminy),
            2 => Some(PatternKind::Trigeminy),
            _ => None,
        };
        self.going_on = kind.zip(self.last).map(|(kind, last)| match self.going_on {
            Some(pattern) if pattern.kind == kind => Pattern { cycles: pattern.cycles + 1, to: at, ..pattern },
            _ => Pattern { kind, cycles: 1, from: last, to: at },
        });
        (self.last, self.others) = (Some(at), 0);
    }

    /// The pattern is broken.
    pub fn clear(&mut self) {
        *self = Patterns::default();
    }

    /// The pattern that lasts.
    pub fn found(&self) -> Option<Pattern> {
        self.going_on.filter(|pattern| pattern.cycles >= LEAST_CYCLES)
    }
}

const fn others(kind: PatternKind) -> usize {
    match kind {
        PatternKind::Bigeminy => 1,
        PatternKind::Trigeminy => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(letters: &str) -> Option<(PatternKind, usize)> {
        let mut patterns = Patterns::default();
        for (n, letter) in letters.chars().enumerate() {
            patterns.beat(Time::from_nanos(n as i64 * 800_000_000), letter == 'V');
        }
        patterns.found().map(|pattern| (pattern.kind, pattern.cycles))
    }

    #[test]
    fn three_cycles_make_a_pattern_and_another_beat_breaks_it() {
        assert_eq!(found("NVNVNV"), None);
        assert_eq!(found("NVNVNVNV"), Some((PatternKind::Bigeminy, 3)));
        assert_eq!(found("NVNVNVNVN"), Some((PatternKind::Bigeminy, 3)));
        assert_eq!(found("NVNVNVNVNN"), None);
        assert_eq!(found("VNNVNNVNNVN"), Some((PatternKind::Trigeminy, 3)));
        assert_eq!(found("VNNVNNVNNVNNN"), None);
        assert_eq!(found("VVVVVVV"), None);
        assert_eq!(found("NNNNNNNN"), None);
        assert_eq!(found("VNNVNVNNVNV"), None);
    }
}
