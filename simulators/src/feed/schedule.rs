//! Which chunk of all beds arrives next.
//!
//! In: the monitors of a ward and their lines. Out: their chunks in the order of arrival. No clock: the feed waits.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    time::Duration,
};

use crate::{
    line::{Delivery, FaultCounts, Line},
    monitor::{Monitor, MonitorChunk, MonitorError},
    scenario::Ward,
};

/// A delivery that waits for its time; those of the same time stay in the order in which they were made.
struct Waiting {
    number: u64,
    delivery: Delivery,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> Ordering {
        (self.delivery.at_ns, self.number).cmp(&(other.delivery.at_ns, other.number))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

/// The chunks of a ward, one after the other.
pub(super) struct Schedule {
    monitors: Vec<Monitor>,
    lines: Vec<Line>,
    /// The end of each monitor's next chunk, earliest first, and whose it is.
    due: BinaryHeap<Reverse<(i64, usize)>>,
    next: Vec<MonitorChunk>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    made: u64,
    end_ns: i64,
}

impl Schedule {
    /// The chunks that are complete within `duration`; without end if `None`.
    pub(super) fn new(ward: &Ward, duration: Option<Duration>) -> Result<Schedule, MonitorError> {
        let monitors: Result<Vec<Monitor>, MonitorError> =
            ward.beds.iter().map(|bed| Monitor::new(bed, ward.chunk_ms)).collect();
        let mut monitors = monitors?;
        let next: Vec<_> = monitors.iter_mut().map(Monitor::next_chunk).collect();
        let due = next.iter().enumerate().map(|(bed, chunk)| Reverse((chunk.end_offset_ns(), bed))).collect();
        let end_ns = duration.map_or(i64::MAX, |duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
        let lines = ward.beds.iter().map(|bed| Line::new(bed.line.clone(), bed.patient.seed)).collect();
        Ok(Schedule { monitors, lines, due, next, waiting: BinaryHeap::new(), made: 0, end_ns })
    }

    /// What arrives next; `None` when all has arrived.
    pub(super) fn next_delivery(&mut self) -> Option<Delivery> {
        loop {
            // The heap gives the earliest: all others end later still.
            let next_ns = self.due.peek().map(|Reverse((end_ns, _))| *end_ns).filter(|end_ns| *end_ns <= self.end_ns);
            // What waits goes first when nothing that is still to come can arrive before it.
            let waiting_ns = self.waiting.peek().map(|Reverse(waiting)| waiting.delivery.at_ns);
            match (waiting_ns, next_ns) {
                (Some(waiting_ns), Some(next_ns)) if waiting_ns > next_ns => self.cut(),
                (Some(_), _) => return self.waiting.pop().map(|Reverse(waiting)| waiting.delivery),
                (None, Some(_)) => self.cut(),
                (None, None) => {
                    let rest: Vec<Delivery> = self.lines.iter_mut().filter_map(Line::close).collect();
                    if rest.is_empty() {
                        return None;
                    }
                    self.wait(rest);
                }
            }
        }
    }

    /// What went wrong so far.
    pub(super) fn faults(&self) -> FaultCounts {
        let mut all = FaultCounts::default();
        self.lines.iter().for_each(|line| all.add(line.counts()));
        all
    }

    /// Takes the next chunk of the monitor that has one first.
    fn cut(&mut self) {
        let Some(Reverse((_, bed))) = self.due.pop() else { return };
        let monitor = &mut self.monitors[bed];
        // Nobody scores a feed; kept, the truth would grow for days.
        drop(monitor.take_truth());
        let chunk = std::mem::replace(&mut self.next[bed], monitor.next_chunk());
        self.due.push(Reverse((self.next[bed].end_offset_ns(), bed)));
        let arriving = self.lines[bed].pass(chunk);
        self.wait(arriving);
    }

    fn wait(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            self.made += 1;
            self.waiting.push(Reverse(Waiting { number: self.made, delivery }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{line::LineFaults, scenario::ward};

    fn deliveries(faults: &LineFaults) -> (Vec<Delivery>, FaultCounts) {
        let mut ward = ward(3, 1);
        ward.beds.iter_mut().for_each(|bed| bed.line = faults.clone());
        let mut schedule = Schedule::new(&ward, Some(Duration::from_secs(20))).unwrap();
        let all = std::iter::from_fn(|| schedule.next_delivery()).collect();
        (all, schedule.faults())
    }

    #[test]
    fn good_lines_deliver_all_chunks_of_all_beds_in_the_order_of_time() {
        let (all, faults) = deliveries(&LineFaults::default());
        assert_eq!((all.len(), faults), (600, FaultCounts::default()));
        assert!(all.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns));
        assert!(all.iter().all(|delivery| delivery.at_ns == delivery.chunk.end_offset_ns()));
    }

    #[test]
    fn bad_lines_differ_from_bed_to_bed_and_nothing_waits_for_ever() {
        let faults = LineFaults { lost: 0.1, reordered: 0.1, late: 0.02, late_s: 1.5, ..LineFaults::default() };
        let (all, counts) = deliveries(&faults);
        assert_eq!(all.len() as u64, 600 - counts.lost);
        assert!(counts.lost > 20 && counts.reordered > 20 && counts.late > 20, "{counts:?}");
        assert!(all.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns));
        let of = |name: &str| {
            let own = all.iter().filter(|delivery| &*delivery.chunk.stream_id == name);
            own.map(|delivery| delivery.chunk.sequence).collect::<Vec<_>>()
        };
        assert_ne!(of("bed-01"), of("bed-02"));
    }
}
