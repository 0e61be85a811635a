//! Which beds are silent: nothing comes from them although all that came to their partition has been read.
//!
//! A ward that is behind reads its partitions in turns; a bed of which nothing was heard for seconds is then late, not silent.
//! So before anybody is missed the broker is asked how far the partition goes. A broker that cannot be asked has nothing to
//! tell of the bed, either. In go ticks and the answers, out comes what follows: no data, and after a day the end of the bed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration as ClockDuration, Instant};

use super::cause::Cause;
use super::{Service, ServiceError, Stream, TICK};
use crate::ecg::{Duration, StreamId, Time};

/// So long a stream may pause before anybody asks.
const PAUSE: ClockDuration = ClockDuration::from_secs(1);

/// How often the broker is asked about a partition with silent beds.
const ASKED_EVERY: ClockDuration = TICK.saturating_mul(2);

/// A bed whose stream has been silent for a day is closed.
const GONE_AFTER: ClockDuration = ClockDuration::from_hours(24);

/// How far a partition went when the broker was asked.
pub(super) struct PartitionEnd {
    partition: i32,
    asked: Instant,
    /// One after its last message; `None` if the broker did not say.
    end: Option<i64>,
}

/// Until when all that came to each partition has been read.
#[derive(Debug, Default)]
pub(super) struct ReadUntil(BTreeMap<i32, Known>);

#[derive(Debug, Default)]
struct Known {
    read_until: Option<Instant>,
    last_asked: Option<Instant>,
    is_asked: bool,
    /// A message that came before the question is still to be read: when that was, and the offset that follows them all.
    to_read: Option<(Instant, i64)>,
}

impl ReadUntil {
    /// Is the broker to be asked about this partition now? If so, it is.
    fn asks(&mut self, partition: i32, now: Instant) -> bool {
        let known = self.0.entry(partition).or_default();
        let is_early = known.last_asked.is_some_and(|last| now.duration_since(last) < ASKED_EVERY);
        if is_early || known.is_asked || known.to_read.is_some() {
            return false;
        }
        (known.last_asked, known.is_asked) = (Some(now), true);
        true
    }

    /// The broker has answered; `next` is the message of the partition that is read next.
    fn answered(&mut self, answer: &PartitionEnd, next: i64) {
        let Some(known) = self.0.get_mut(&answer.partition) else { return };
        known.is_asked = false;
        match answer.end {
            Some(end) if next < end => known.to_read = Some((answer.asked, end)),
            _ => known.read_until = known.read_until.max(Some(answer.asked)),
        }
    }

    /// All before `next` is read.
    pub(super) fn reached(&mut self, partition: i32, next: i64) {
        if let Some(known) = self.0.get_mut(&partition)
            && let Some((asked, _)) = known.to_read.take_if(|(_, end)| next >= *end)
        {
            known.read_until = known.read_until.max(Some(asked));
        }
    }

    /// For how long nothing has come from this stream, as far as it is known.
    fn silent_for(&self, stream: &Stream) -> ClockDuration {
        let read_until = self.0.get(&stream.partition).and_then(|known| known.read_until);
        read_until.map_or(ClockDuration::ZERO, |until| until.saturating_duration_since(stream.last_chunk))
    }

    /// The partition was taken away.
    pub(super) fn revoke(&mut self, partition: i32) {
        self.0.remove(&partition);
    }
}

impl Service<'_> {
    /// Says what follows from silence.
    pub(super) async fn silence(&mut self) -> Result<(), ServiceError> {
        self.ask();
        // In the order of their names, so that a log reads the same each time.
        let silent: BTreeMap<StreamId, (Time, ClockDuration)> = self
            .streams
            .iter()
            .filter(|(_, stream)| !self.warming.has(stream.partition))
            .map(|(stream_id, stream)| (stream_id, stream.end, self.read_until.silent_for(stream)))
            .filter(|(.., silent_for)| *silent_for > PAUSE)
            .map(|(stream_id, end, silent_for)| (stream_id.clone(), (end, silent_for)))
            .collect();
        for (stream_id, (end, silent_for)) in silent {
            let now = end + Duration::from_secs_f64(silent_for.as_secs_f64());
            let said = if silent_for > GONE_AFTER {
                self.close(&stream_id, now)
            } else {
                self.monitor.silent_until(&stream_id, now)
            };
            for said in said {
                self.say(said, Cause::now()).await?;
            }
        }
        Ok(())
    }

    /// Asks the broker about the partitions of streams that pause.
    fn ask(&mut self) {
        let pauses = self.streams.values().filter(|stream| stream.last_chunk.elapsed() > PAUSE);
        let partitions: BTreeSet<i32> = pauses.map(|stream| stream.partition).collect();
        let asked = Instant::now();
        for partition in partitions {
            if self.read_until.asks(partition, asked) {
                let answer = self.publisher.end_of_waveforms(partition);
                self.questions.spawn(async move { PartitionEnd { partition, asked, end: answer.await } });
            }
        }
    }

    /// The broker has said how far a partition goes, or has not.
    pub(super) fn told_end(&mut self, answer: Result<PartitionEnd, tokio::task::JoinError>) {
        let answer = answer.expect("asking the broker does not panic (this is a bug)");
        let next = self.progress.end(answer.partition).unwrap_or_default();
        self.read_until.answered(&answer, next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(last_chunk: Instant) -> Stream {
        Stream { partition: 3, end: Time::from_nanos(0), last_chunk }
    }

    #[test]
    fn a_bed_is_silent_only_once_all_that_came_is_read() {
        let start = Instant::now();
        let (bed, at) = (stream(start), |seconds| start + ClockDuration::from_secs(seconds));
        let mut read_until = ReadUntil::default();
        assert_eq!(read_until.silent_for(&bed), ClockDuration::ZERO);
        assert!(read_until.asks(3, at(6)));
        assert!(!read_until.asks(3, at(8)), "asked already");
        read_until.answered(&PartitionEnd { partition: 3, asked: at(6), end: Some(100) }, 90);
        assert_eq!(read_until.silent_for(&bed), ClockDuration::ZERO);
        assert!(!read_until.asks(3, at(9)), "there is something to read");
        read_until.reached(3, 99);
        assert_eq!(read_until.silent_for(&bed), ClockDuration::ZERO);
        read_until.reached(3, 100);
        assert_eq!(read_until.silent_for(&bed), ClockDuration::from_secs(6));
        assert!(!read_until.asks(3, at(6)), "just asked");
        assert!(read_until.asks(3, at(10)));
        read_until.answered(&PartitionEnd { partition: 3, asked: at(10), end: Some(100) }, 100);
        assert_eq!(read_until.silent_for(&bed), ClockDuration::from_secs(10));
    }

    #[test]
    fn a_broker_that_does_not_answer_has_nothing_to_tell() {
        let start = Instant::now();
        let mut read_until = ReadUntil::default();
        let asked = start + ClockDuration::from_secs(7);
        assert!(read_until.asks(3, asked));
        read_until.answered(&PartitionEnd { partition: 3, asked, end: None }, 90);
        assert_eq!(read_until.silent_for(&stream(start)), ClockDuration::from_secs(7));
        read_until.revoke(3);
        assert_eq!(read_until.silent_for(&stream(start)), ClockDuration::ZERO);
    }
}
