//! The alarm path of a whole ward in the words of the topics.
//!
//! In go chunks, word of silence and orders, out comes what is to be published or read. No I/O, no clock.

use uuid::Uuid;

use super::desk::STALE_AFTER;
use super::notes::{Note, Notes};
use crate::alarm::{AlarmEvent, Change};
use crate::beats::BeatClass;
use crate::bed::{BeatPoints, BedOutput, BedSettings};
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

    /// Takes a chunk that has passed [`Chunk::check`].
    pub fn push(&mut self, chunk: &Chunk) -> Vec<Said> {
        let outputs = self.ward.push(chunk);
        self.say_all(&chunk.stream_id, outputs)
    }

    /// Nothing has come from this stream although data time must be `now`.
    pub fn silent_until(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        let outputs = self.ward.silent_until(stream_id, now);
        self.say_all(stream_id, outputs)
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
                let is_it =
                    |event: &AlarmEvent| event.code == code && alert_id(stream_id, event.first_code, event.onset) == id;
                let is_open =
                    self.ward.open_alarms(stream_id).any(|event| is_it(event) && event.acknowledged.is_none());
                let output = is_open.then(|| self.ward.acknowledge(stream_id, code, &by, at)).flatten();
                self.notes.keep(id, code, Note { by, at });
                output.into_iter().flat_map(|output| say(stream_id, output)).collect()
            }
        }
    }

    /// Says what a bed said, and at once what somebody has said of it before.
    fn say_all(&mut self, stream_id: &StreamId, outputs: Vec<BedOutput>) -> Vec<Said> {
        let mut said = Vec::new();
        for output in outputs {
            let noted = self.noted(stream_id, &output);
            said.extend(say(stream_id, output));
            said.extend(noted.into_iter().flat_map(|output| say(stream_id, output)));
        }
        said
    }

    /// What follows from an acknowledgement that was there before its alarm.
    fn noted(&mut self, stream_id: &StreamId, output: &BedOutput) -> Option<BedOutput> {
        let BedOutput::Alarm { event, .. } = output else { return None };
        let is_news = matches!(event.change, Change::Raised | Change::Escalated | Change::Continued);
        if !is_news || event.acknowledged.is_some() {
            return None;
        }
        let note = self.notes.of(alert_id(stream_id, event.first_code, event.onset), event.code)?;
        self.ward.acknowledge(stream_id, event.code, &note.by, note.at)
    }

    /// Another instance has watched this bed up to what was heard last, and left these alerts open. All that is open is said
    /// again.
    pub fn take_over(&mut self, stream_id: &StreamId, left_open: Vec<AlarmEvent>) -> Vec<Said> {
        let outputs = self.ward.take_over(stream_id, left_open);
        self.say_all(stream_id, outputs)
    }

    /// Another instance that watched this bed has raised this alarm, of data that are still to come here.
    pub fn foretell(&mut self, stream_id: &StreamId, event: AlarmEvent) {
        self.ward.foretell(stream_id, event);
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
