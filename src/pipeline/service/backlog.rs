//! Whether chunks wait for longer than they should.
//!
//! In goes, of each turn, whether more chunks were there than are heard in one; out comes whether that has gone on for so long
//! that alarms are late. Pure: the time comes with the call.

use std::time::{Duration, Instant};

/// So long chunks may come in heaps: the broker gives them out in pieces.
const LATE_AFTER: Duration = Duration::from_millis(500);

/// A heap of which nothing was heard for so long is gone.
const GONE_AFTER: Duration = Duration::from_secs(1);

/// Turns that took all they could.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// The first and the last of them in a row.
    full: Option<(Instant, Instant)>,
}

impl Backlog {
    /// A turn has taken chunks; `is_full` where it took as many as it can.
    pub(super) fn took(&mut self, is_full: bool, now: Instant) {
        self.full = is_full.then(|| (self.full.map_or(now, |(first, _)| first), now));
    }

    /// Are alarms late?
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.full.is_some_and(|(first, last)| {
            last.duration_since(first) > LATE_AFTER && now.duration_since(last) < GONE_AFTER
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_now_and_then_is_not_late() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut backlog = Backlog::default();
        for turn in 0..100 {
            backlog.took(turn % 20 != 0, at(turn * 20));
            assert!(!backlog.is_late(at(turn * 20)), "turn {turn}");
        }
    }

    #[test]
    fn heaps_for_half_a_second_are_late_until_one_turn_takes_all_there_is() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut backlog = Backlog::default();
        (0..=600).step_by(20).for_each(|ms| backlog.took(true, at(ms)));
        assert!(backlog.is_late(at(600)));
        backlog.took(false, at(620));
        assert!(!backlog.is_late(at(620)));
        backlog.took(true, at(640));
        assert!(!backlog.is_late(at(640)));
    }

    #[test]
    fn a_heap_that_has_gone_to_another_is_gone() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut backlog = Backlog::default();
        (0..=600).step_by(20).for_each(|ms| backlog.took(true, at(ms)));
        assert!(backlog.is_late(at(1500)));
        assert!(!backlog.is_late(at(1700)));
    }
}
