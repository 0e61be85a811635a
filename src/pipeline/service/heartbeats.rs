//! Every bed that is watched says so every two seconds, data or none.
//!
//! The only message that carries the clock of this machine: it is about this instance, not about the patient.

use std::time::{Duration as ClockDuration, Instant, SystemTime, UNIX_EPOCH};

use super::cause::Cause;
use super::{Service, ServiceError};
use crate::ecg::{StreamId, Time};
use crate::pipeline::outgoing;
use crate::wire::Heartbeat;

/// A board that hears nothing for twice as long says that nobody watches: within the five seconds of a no-data alarm.
const EVERY: ClockDuration = ClockDuration::from_secs(2);

impl Service<'_> {
    /// Says of each bed that it is watched, if it is time again.
    pub(super) async fn heartbeats(&mut self) -> Result<(), ServiceError> {
        if self.last_heartbeats.is_some_and(|last| last.elapsed() < EVERY) {
            return Ok(());
        }
        // A broker that does not take the last ones would only be given more to take later.
        if self.heartbeats_under_way > 0 {
            return Ok(());
        }
        self.last_heartbeats = Some(Instant::now());
        let now = clock();
        let mut beds: Vec<StreamId> = self.streams.keys().cloned().collect();
        beds.sort();
        for stream_id in beds {
            let Some(stream) = self.streams.get(&stream_id) else { continue };
            if self.warming.has(stream.partition) {
                continue;
            }
            let open = self.monitor.ward().open_alarms(&stream_id).count();
            let silent_for_s = stream.last_chunk.elapsed().as_secs_f64();
            let heartbeat = Heartbeat::new(&stream_id, now, EVERY.as_secs_f64(), stream.end, silent_for_s, open);
            self.heartbeats_under_way += 1;
            self.send(outgoing::heartbeat(&heartbeat, now), None, Cause::now()).await?;
        }
        Ok(())
    }
}

/// The time by the clock of this machine; 1970 for a clock that stands before.
fn clock() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(i64::try_from(since_1970.as_nanos()).unwrap_or(i64::MAX))
}
