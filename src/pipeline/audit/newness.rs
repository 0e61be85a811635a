//! Whether a message on the topic of commands has just come, or is read again.
//!
//! In: its partition and offset, and word that the start is over. Out: yes or no. What came while nobody wrote is new too, where
//! it is known how far the last one has written.

use std::collections::BTreeMap;

/// What has been read and written of each partition.
#[derive(Debug, Default)]
pub(super) struct Newness {
    is_caught_up: bool,
    /// The last offset that is in the file.
    written: BTreeMap<i32, i64>,
    /// The last offset that was read since the start.
    read: BTreeMap<i32, i64>,
}

impl Newness {
    /// As the file says, all up to these offsets is written.
    pub(super) fn after(written: BTreeMap<i32, i64>) -> Newness {
        Newness { written, ..Newness::default() }
    }

    /// From now on what comes is new, unless it was read before.
    pub(super) fn caught_up(&mut self) {
        self.is_caught_up = true;
    }

    /// Whether this message is new. After a failure of the broker the whole topic may be read once more.
    pub(super) fn is_new(&mut self, partition: i32, offset: i64) -> bool {
        if self.read.get(&partition).is_some_and(|last| offset <= *last) {
            return false;
        }
        self.read.insert(partition, offset);
        self.is_caught_up || self.written.get(&partition).is_some_and(|last| offset > *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_at_the_start_is_old_and_so_is_what_is_read_again() {
        let mut newness = Newness::default();
        assert!(!newness.is_new(0, 4) && !newness.is_new(0, 9) && !newness.is_new(1, 0));
        newness.caught_up();
        assert!(newness.is_new(0, 10) && newness.is_new(1, 1) && newness.is_new(7, 0));
        assert!(!newness.is_new(0, 4) && !newness.is_new(0, 10), "read again");
        assert!(newness.is_new(0, 11));
    }

    #[test]
    fn what_came_while_nobody_wrote_is_new() {
        let mut newness = Newness::after(BTreeMap::from([(0, 5)]));
        assert!(!newness.is_new(0, 5));
        assert!(newness.is_new(0, 6));
        assert!(!newness.is_new(1, 6), "nobody knows whether it was written");
        newness.caught_up();
        assert!(newness.is_new(1, 7));
    }
}
