//! Beds that come from another instance, or from this one before a restart.
//!
//! A partition begins at the oldest chunk that its beds have to hear again ([`Resume`], [`Rehear`]). Up to where everything was said already
//! the beds listen and nothing is published. Then they take over what stands of them on `ecg.alert-state`, say again what is
//! open, and speak. Also here: an instance that was stopped for a while must not take its own absence for silence, and after a
//! long one it joins the group anew, since others have its beds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration as ClockDuration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::cause::Cause;
use super::commands::CATCH_UP;
use super::{Input, Service, ServiceError, TICK, join};
use crate::alarm::Priority;
use crate::broker::KafkaSettings;
use crate::ecg::{Duration, StreamId};
use crate::pipeline::{Said, outgoing};
use crate::source::kafka::{Position, Resume, WholeArrival, read_whole};
use crate::telemetry::events::{AlertStateRejected, BedTakenOver, ServiceStalled};

/// This instance did not look at anything for so long: what came meanwhile must be heard before anybody is missed.
const STALLED: ClockDuration = ClockDuration::from_secs(1);

/// So many seconds of all its beds together a partition hears again: about two seconds of one core.
const REHEARD_BED_S: f64 = 960.0;

/// However many beds there are, each hears enough to learn the patient's beats and to fill a window.
const LEAST_REHEARD_S: f64 = 30.0;

/// The partitions whose beds only listen.
#[derive(Debug, Default)]
pub(super) struct Warming(BTreeMap<i32, Resume>);

/// What of a chunk was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Nothing,
    /// All but the readings.
    AllButReadings,
    /// All.
    All,
}

impl Warming {
    /// These partitions are ours; this was committed of them.
    pub(super) fn begin(&mut self, committed: &[Resume]) {
        self.0.extend(committed.iter().filter(|it| it.said_until > it.offset).map(|it| (it.partition, *it)));
    }

    /// Was everything up to this message said before?
    pub(super) fn before(&self, position: &Position) -> Before {
        match self.0.get(&position.partition) {
            Some(resume) if position.offset < resume.read_until => Before::All,
            Some(resume) if position.offset < resume.said_until => Before::AllButReadings,
            _ => Before::Nothing,
        }
    }

    /// Do the beds of this partition only listen, and will they speak once `next` is the next message?
    pub(super) fn is_over_at(&self, partition: i32, next: i64) -> bool {
        self.0.get(&partition).is_some_and(|resume| next >= resume.said_until)
    }

    /// Is `next` the first message of its partition at which the beds speak?
    pub(super) fn ends_at(&mut self, partition: i32, next: i64) -> bool {
        let ends = self.is_over_at(partition, next);
        if ends {
            self.0.remove(&partition);
        }
        ends
    }

    /// Do the beds of this partition only listen?
    pub(super) fn has(&self, partition: i32) -> bool {
        self.0.contains_key(&partition)
    }

    /// The partition was taken away.
    pub(super) fn revoke(&mut self, partition: i32) {
        self.0.remove(&partition);
    }
}

/// How much of their past a successor lets beds hear again. An open alarm keeps its name however long ago it began.
#[derive(Debug)]
pub(super) struct Rehear {
    most_s: f64,
    /// Number of beds on each partition.
    beds: BTreeMap<i32, u32>,
}

impl Rehear {
    /// At most so much.
    pub(super) fn new(most_s: u32) -> Rehear {
        Rehear { most_s: f64::from(most_s), beds: BTreeMap::new() }
    }

    /// There is one bed more on a partition.
    pub(super) fn opened(&mut self, partition: i32) {
        *self.beds.entry(partition).or_default() += 1;
    }

    /// There is one bed less.
    pub(super) fn closed(&mut self, partition: i32) {
        if let Some(beds) = self.beds.get_mut(&partition) {
            *beds = beds.saturating_sub(1);
        }
    }

    /// The partition was taken away.
    pub(super) fn revoke(&mut self, partition: i32) {
        self.beds.remove(&partition);
    }

    /// How much the beds of a partition hear again.
    pub(super) fn of(&self, partition: i32) -> Duration {
        let beds = self.beds.get(&partition).copied().unwrap_or_default().max(1);
        let share_s = (REHEARD_BED_S / f64::from(beds)).max(LEAST_REHEARD_S);
        Duration::from_secs_f64(share_s.min(self.most_s))
    }
}

impl Before {
    /// Is this to be said?
    pub(super) fn leaves(self, said: &Said) -> bool {
        match self {
            Before::Nothing => true,
            Before::AllButReadings => matches!(said, Said::Read(request) if request.alert.is_some()),
            Before::All => false,
        }
    }
}

impl Service<'_> {
    /// Starts to follow what stands on the ward, and hears what stands there now. Nothing stands in a replay.
    pub(super) async fn open_alerts(
        &mut self,
        settings: &KafkaSettings,
    ) -> Result<mpsc::Receiver<WholeArrival>, ServiceError> {
        if !self.is_live || self.input != Input::Waveforms {
            return Ok(mpsc::channel(1).1);
        }
        let mut arrivals = read_whole(settings, &settings.topics.alert_state)?;
        let deadline = tokio::time::Instant::now() + CATCH_UP;
        loop {
            match timeout_at(deadline, arrivals.recv()).await {
                Ok(Some(WholeArrival::CaughtUp) | None) => return Ok(arrivals),
                Ok(Some(message)) => self.state_changed(message).await?,
                Err(_) => {
                    tracing::warn!("not all open alerts have been read yet; some may be taken for new ones");
                    return Ok(arrivals);
                }
            }
        }
    }

    /// `next` is the next message of a partition: do its beds speak from there on?
    pub(super) async fn reached(&mut self, partition: i32, next: i64) -> Result<(), ServiceError> {
        self.read_until.reached(partition, next);
        if self.warming.ends_at(partition, next) { self.warmed_up(partition).await } else { Ok(()) }
    }

    /// The beds of a partition have heard all that was said of them: from now on they speak.
    async fn warmed_up(&mut self, partition: i32) -> Result<(), ServiceError> {
        let mut beds: Vec<StreamId> = self.streams_of(partition);
        beds.sort();
        for stream_id in beds {
            self.take_over(&stream_id).await?;
        }
        Ok(())
    }

    /// What stands of a bed goes on here.
    pub(super) async fn take_over(&mut self, stream_id: &StreamId) -> Result<(), ServiceError> {
        let left_open = self.standing.of(stream_id);
        BedTakenOver { stream_id: stream_id.as_str(), open_alerts: left_open.len() }.emit();
        for said in self.monitor.take_over(stream_id, left_open) {
            self.say(said, Cause::now()).await?;
        }
        Ok(())
    }

    /// A message of `ecg.alert-state`.
    pub(super) async fn state_changed(&mut self, arrival: WholeArrival) -> Result<(), ServiceError> {
        let WholeArrival::Message { key, value, .. } = arrival else { return Ok(()) };
        let (stream_id, id, event) = match self.standing.hear(key.as_deref(), value.as_deref()) {
            Ok(Some(standing)) => standing,
            Ok(None) => return Ok(()),
            Err(error) => {
                AlertStateRejected { detail: &error.to_string() }.emit();
                return Ok(());
            }
        };
        let Some(stream) = self.streams.get(&stream_id) else { return Ok(()) };
        if self.warming.has(stream.partition) || self.monitor.is_open(&stream_id, id) {
            return Ok(());
        }
        let judged_until = self.monitor.ward().judged_until(&stream_id);
        if judged_until.is_none_or(|judged_until| judged_until < event.raised_at) {
            // What this instance says of its own clock is said of a moment after the last data, too.
            if event.code.priority() != Priority::Technical {
                self.monitor.foretell(&stream_id, event);
            }
            return Ok(());
        }
        // Said too late, by an instance that had the bed before and was stopped for a while, or just before it ended.
        self.send(outgoing::over(id, &stream_id, stream.end), None, Cause::now()).await
    }

    /// Notices that this instance itself has done nothing for a while.
    pub(super) async fn stalled(&mut self) -> Result<(), ServiceError> {
        let absent = self.last_tick.elapsed();
        self.last_tick = Instant::now();
        if absent < TICK + STALLED {
            return Ok(());
        }
        ServiceStalled { absent }.emit();
        for stream in self.streams.values_mut() {
            stream.last_chunk = self.last_tick;
        }
        if absent < self.source.session_timeout() {
            return Ok(());
        }
        // What still comes from the old membership would be said of beds that others watch.
        let again = join(self.input, &self.kafka, self.pseudonyms.as_ref())?;
        std::mem::replace(&mut self.source, again).close().await;
        for partition in self.progress.partitions() {
            self.revoke(partition);
        }
        self.behind_on(BTreeSet::clear).await
    }

    /// The streams of a partition.
    pub(super) fn streams_of(&self, partition: i32) -> Vec<StreamId> {
        let of_it = self.streams.iter().filter(|(_, stream)| stream.partition == partition);
        of_it.map(|(stream_id, _)| stream_id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(offset: i64) -> Position {
        Position { topic: "ecg.waveforms".to_owned(), partition: 1, offset, stamp_ms: None, traceparent: None }
    }

    #[test]
    fn the_more_beds_share_a_partition_the_less_each_hears_again() {
        let mut rehear = Rehear::new(120);
        let seconds = |rehear: &Rehear| rehear.of(1).as_secs_f64().round() as u32;
        let after = [8, 16, 300].map(|beds| {
            rehear.revoke(1);
            (0..beds).for_each(|_| rehear.opened(1));
            seconds(&rehear)
        });
        assert_eq!(after, [120, 60, 30]);
        (0..290).for_each(|_| rehear.closed(1));
        assert_eq!(seconds(&rehear), 96);
        assert_eq!(seconds(&Rehear::new(20)), 20);
    }

    #[test]
    fn beds_listen_then_ask_for_readings_then_speak() {
        let mut warming = Warming::default();
        warming.begin(&[
            Resume { partition: 1, offset: 10, said_until: 30, read_until: 20 },
            Resume { partition: 2, offset: 10, said_until: 10, read_until: 10 },
        ]);
        assert!(warming.has(1) && !warming.has(2));
        let before = [10, 19, 20, 29, 30].map(|offset| warming.before(&position(offset)));
        assert_eq!(before, [Before::All, Before::All, Before::AllButReadings, Before::AllButReadings, Before::Nothing]);
        assert!(!warming.ends_at(1, 29) && warming.has(1));
        assert!(warming.ends_at(1, 30) && !warming.has(1));
        assert!(!warming.ends_at(1, 31));
        assert_eq!(warming.before(&position(12)), Before::Nothing);
    }
}
