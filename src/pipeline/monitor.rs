//! The alarm path of a whole ward in the words of the topics.
//!
//! In go chunks, word of silence and orders, out comes what is to be published or read. No I/O, no clock.

use uuid::Uuid;

use super::desk::STALE_AFTER;
use super::notes::{Note, Notes};
use crate::alarm::{AlarmEvent, Change, Limits};
use crate::beats::BeatClass;
use crate::bed::{BeatPoints, Bed, BedOutput, BedSettings};
use crate::ecg::{Chunk, StreamId, Strip, Time};
use crate::signal::timeline::{DropReason, StartReason};
use crate::ward::Ward;
use crate::wire::{Alert, Order, Reading, RoundReading, Vitals, alert_id};

/// What the alarm path says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// To be published at once.
    Alert {
        /// The message.
        alert: Box<Alert>,
        /// When it was true (data time).
        at: Time,
    },
    /// To be published.
    Vitals {
        /// The message.
        vitals: Vitals,
        /// End of the second it speaks of.
        at: Time,
    },
    /// To be published: a reading that no alarm asked for.
    Round {
        /// The message.
        round: Box<RoundReading>,
        /// End of the window.
        at: Time,
    },
    /// A beat, for those who record them.
    Beat {
        /// Whose.
        stream_id: StreamId,
        /// Time of the R peak.
        at: Time,
        /// Which kind of beat.
        class: BeatClass,
    },
    /// The marked waves of a beat, for those who record them.
    Points {
        /// Whose.
        stream_id: StreamId,
        /// The marks.
        points: Box<BeatPoints>,
    },
    /// To be read by GEM.
    Read(Box<ReadingRequest>),
    /// A chunk was not used.
    Dropped {
        /// Whose.
        stream_id: StreamId,
        /// Why.
        reason: DropReason,
    },
    /// A time line started anew.
    Started(StartReason),
}

/// A window that wants to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingRequest {
    /// Whose.
    pub stream_id: StreamId,
    /// The alert it belongs to; none on a round.
    pub alert: Option<Alert>,
    /// The window.
    pub strip: Strip,
    /// After this moment of data time a round is of no use any more.
    pub deadline: Option<Time>,
}

impl ReadingRequest {
    /// What is to be published once the window has been read.
    pub fn answer(self, reading: Reading) -> Said {
        let at = self.strip.end();
        match self.alert {
            Some(alert) => Said::Alert { alert: Box::new(alert.interpreted(reading, self.strip.start, at)), at },
            None => Said::Round { round: Box::new(RoundReading::new(&self.stream_id, &self.strip, reading)), at },
        }
    }
}

/// The alarm path of a ward.
#[derive(Debug)]
pub struct Monitor {
    ward: Ward,
    notes: Notes,
}

impl Monitor {
    /// A monitor whose beds all have these settings.
    pub fn new(settings: BedSettings) -> Monitor {
        Monitor { ward: Ward::new(settings), notes: Notes::default() }
    }

    /// Takes chunks that have passed [`Chunk::check`]; gives what is said because of each. What one bed says is in order, and
    /// the same however many chunks come together.
    pub fn push_all(&mut self, chunks: &[Chunk]) -> Vec<Vec<Said>> {
        let notes = &self.notes;
        self.ward.hear_all(chunks, |bed, chunk| {
            let outputs = bed.push(chunk);
            say_all(bed, notes, &chunk.stream_id, outputs)
        })
    }

    /// Takes one such chunk.
    pub fn push(&mut self, chunk: &Chunk) -> Vec<Said> {
        self.push_all(std::slice::from_ref(chunk)).into_iter().flatten().collect()
    }

    /// Nothing has come from this stream although data time must be `now`.
    pub fn silent_until(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        self.hear(stream_id, |bed| bed.silent_until(now))
    }

    /// Is this alert raised and not cleared?
    pub fn is_open(&self, stream_id: &StreamId, id: Uuid) -> bool {
        let is_it = |event: &AlarmEvent| alert_id(stream_id, event.first_code, event.onset) == id;
        self.ward.open_alarms(stream_id).any(is_it)
    }

    /// Follows an order. One for an alarm that is not open here is kept: the alarm may rise here again.
    pub fn order(&mut self, stream_id: &StreamId, order: Order) -> Vec<Said> {
        match order {
            Order::SetLimits(limits) => {
                self.ward.set_limits(stream_id, *limits);
                Vec::new()
            }
            Order::Acknowledge { alert_id: id, code, by, at } => {
                let is_it = |event: &&AlarmEvent| {
                    event.code == code && alert_id(stream_id, event.first_code, event.onset) == id
                };
                let bed = self.ward.bed_mut(stream_id);
                let output = bed.and_then(|bed| {
                    let open = bed.open_alarms().find(is_it)?;
                    if open.acknowledged.is_some() { None } else { bed.acknowledge(code, &by, at) }
                });
                self.notes.keep(id, code, Note { by, at });
                output.into_iter().flat_map(|output| say(stream_id, output)).collect()
            }
        }
    }

    /// Has something heard by a bed, if it is open; gives what it says.
    fn hear(&mut self, stream_id: &StreamId, hear: impl FnOnce(&mut Bed) -> Vec<BedOutput>) -> Vec<Said> {
        let Some(bed) = self.ward.bed_mut(stream_id) else { return Vec::new() };
        let outputs = hear(bed);
        say_all(bed, &self.notes, stream_id, outputs)
    }

    /// Another instance has watched this bed up to what was heard last, and left these alerts open. All that is open is said
    /// again.
    pub fn take_over(&mut self, stream_id: &StreamId, left_open: Vec<AlarmEvent>) -> Vec<Said> {
        self.hear(stream_id, |bed| bed.take_over(left_open))
    }

    /// Another instance that watched this bed has raised this alarm, of data that are still to come here.
    pub fn foretell(&mut self, stream_id: &StreamId, event: AlarmEvent) {
        if let Some(bed) = self.ward.bed_mut(stream_id) {
            bed.foretell(event);
        }
    }

    /// All beds but those with limits of their own have these from now on.
    pub fn set_limits_of_all(&mut self, limits: Limits) {
        self.ward.set_limits_of_all(limits);
    }

    /// Nobody reads windows any more, for this reason; or somebody does again.
    pub fn degrade(&mut self, reason: Option<&str>) {
        self.ward.degrade(reason);
    }

    /// The beds.
    pub fn ward(&self) -> &Ward {
        &self.ward
    }

    /// Another instance has this stream now.
    pub fn hand_over(&mut self, stream_id: &StreamId) {
        self.ward.hand_over(stream_id);
    }

    /// Nothing has come from this stream for so long that the patient has left.
    pub fn close(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        let outputs = self.ward.close(stream_id, now);
        outputs.into_iter().flat_map(|output| say(stream_id, output)).collect()
    }
}

/// Says what a bed said, and at once what somebody has said of it before.
fn say_all(bed: &mut Bed, notes: &Notes, stream_id: &StreamId, outputs: Vec<BedOutput>) -> Vec<Said> {
    let mut said = Vec::new();
    for output in outputs {
        let noted = noted(bed, notes, stream_id, &output);
        said.extend(say(stream_id, output));
        said.extend(noted.into_iter().flat_map(|output| say(stream_id, output)));
    }
    said
}

/// What follows from an acknowledgement that was there before its alarm.
fn noted(bed: &mut Bed, notes: &Notes, stream_id: &StreamId, output: &BedOutput) -> Option<BedOutput> {
    let BedOutput::Alarm { event, .. } = output else { return None };
    let is_news = matches!(event.change, Change::Raised | Change::Escalated | Change::Continued);
    if !is_news || event.acknowledged.is_some() {
        return None;
    }
    let note = notes.of(alert_id(stream_id, event.first_code, event.onset), event.code)?;
    bed.acknowledge(event.code, &note.by, note.at)
}

fn say(stream_id: &StreamId, output: BedOutput) -> Vec<Said> {
    match output {
        BedOutput::Beat(beat) => vec![Said::Beat { stream_id: stream_id.clone(), at: beat.at, class: beat.class }],
        BedOutput::Points(points) => vec![Said::Points { stream_id: stream_id.clone(), points: Box::new(points) }],
        BedOutput::Vitals(second) => vec![Said::Vitals { vitals: Vitals::new(stream_id, &second), at: second.at }],
        BedOutput::Dropped(reason) => vec![Said::Dropped { stream_id: stream_id.clone(), reason }],
        BedOutput::Started(reason) => vec![Said::Started(reason)],
        BedOutput::Round(strip) => {
            let deadline = Some(strip.end() + STALE_AFTER);
            vec![Said::Read(Box::new(ReadingRequest { stream_id: stream_id.clone(), alert: None, strip, deadline }))]
        }
        BedOutput::Alarm { event, window } => {
            let alert = Alert::new(stream_id, &event);
            let at = event.at;
            let read = window.map(|strip| {
                let (stream_id, alert) = (stream_id.clone(), Some(alert.clone()));
                Said::Read(Box::new(ReadingRequest { stream_id, alert, strip, deadline: None }))
            });
            // The alert goes first: it waits for nothing.
            std::iter::once(Said::Alert { alert: Box::new(alert), at }).chain(read).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alarm::AlarmCode;
    use crate::ecg::{ChunkLead, Lead};
    use crate::signal::RATE_HZ;
    use crate::wire::AlertState;

    /// Three beds in turns, 200 ms each: hearts of 60, 75 and 100 bpm, of which the last stands still after 8 s.
    fn chunks() -> Vec<Chunk> {
        let beats_s = [(1.0, 16.0), (0.8, 16.0), (0.6, 8.0)];
        let sample = |bed: usize, n: i64| {
            let (t_s, (every_s, until_s)) = (n as f64 / RATE_HZ, beats_s[bed]);
            let since_beat_s = if t_s < until_s { t_s.rem_euclid(every_s) - 0.3 } else { 1.0 };
            (1000.0 * (-(since_beat_s / 0.012).powi(2) / 2.0).exp() + 5.0 * (t_s * 77.0).sin()) as i32
        };
        let chunk = |sequence: i64, bed: usize| Chunk {
            stream_id: StreamId::new(&format!("bed-{bed}")).unwrap(),
            sequence: sequence as u64,
            start: Time::default().plus_samples(sequence * 100, RATE_HZ),
            rate_hz: RATE_HZ,
            leads: vec![ChunkLead {
                lead: Lead::II,
                gain_uv: 1.0,
                offset: 0,
                off: false,
                samples: (0..100).map(|n| sample(bed, sequence * 100 + n)).collect(),
            }],
            pacer_marks: vec![],
        };
        (0..80).flat_map(|sequence| (0..3).map(move |bed| (sequence, bed))).map(|(s, bed)| chunk(s, bed)).collect()
    }

    /// What is said of each chunk, as many of them at a time as stand here in turns.
    fn hear(orders: &[(StreamId, Order)], together: &[usize]) -> Vec<Vec<Said>> {
        let (chunks, mut monitor) = (chunks(), Monitor::new(BedSettings::default()));
        for (stream_id, order) in orders {
            assert_eq!(monitor.order(stream_id, order.clone()), []);
        }
        let (mut said, mut left) = (Vec::new(), &chunks[..]);
        for &count in together.iter().cycle() {
            let (now, later) = left.split_at(count.min(left.len()));
            said.extend(monitor.push_all(now));
            left = later;
            if left.is_empty() {
                break;
            }
        }
        said
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn beds_say_the_same_however_many_chunks_come_together(together in proptest::collection::vec(1..100_usize, 1..5)) {
            let alone = hear(&[], &[1]);
            let asystole = alone.iter().flatten().find_map(|said| match said {
                Said::Alert { alert, .. } if alert.code == AlarmCode::Asystole => Some(alert.clone()),
                _ => None,
            });
            let asystole = asystole.expect("a heart stands still");
            prop_assert_eq!(&hear(&[], &together), &alone);

            // What was taken note of before is said in its place.
            let by = "nurse".to_owned();
            let note = Order::Acknowledge { alert_id: asystole.id, code: asystole.code, by, at: Time::default() };
            let noted = [(StreamId::new("bed-2").unwrap(), note)];
            let alone = hear(&noted, &[1]);
            let is_noted =
                |said: &Said| matches!(said, Said::Alert { alert, .. } if alert.state == AlertState::Acknowledged);
            prop_assert!(alone.iter().flatten().any(is_noted));
            prop_assert_eq!(&hear(&noted, &together), &alone);
        }
    }
}
