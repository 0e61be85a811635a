//! The alarm path of a whole ward in the words of the topics.
//!
//! In go chunks and word of silence, out comes what is to be published or read. No I/O, no clock.

use crate::bed::{BedOutput, BedSettings};
use crate::ecg::{Chunk, StreamId, Strip, Time};
use crate::signal::timeline::{DropReason, StartReason};
use crate::ward::Ward;
use crate::wire::{Alert, AlertState, Vitals};

/// What the alarm path says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// To be published at once.
    Alert(Box<Alert>),
    /// To be published.
    Vitals(Vitals),
    /// A beat, for those who record them.
    Beat {
        /// Whose.
        stream_id: StreamId,
        /// Time of the R peak.
        at: Time,
    },
    /// To be read by GEM.
    Read(Box<ReadingRequest>),
    /// A chunk was not used.
    Dropped(DropReason),
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
}

/// The alarm path of a ward.
#[derive(Debug)]
pub struct Monitor {
    ward: Ward,
}

impl Monitor {
    /// A monitor whose beds all have these settings.
    pub fn new(settings: BedSettings) -> Monitor {
        Monitor { ward: Ward::new(settings) }
    }

    /// Takes a chunk that has passed [`Chunk::check`].
    pub fn push(&mut self, chunk: &Chunk) -> Vec<Said> {
        let outputs = self.ward.push(chunk);
        outputs.into_iter().flat_map(|output| say(&chunk.stream_id, output)).collect()
    }

    /// Nothing has come from this stream although data time must be `now`.
    pub fn silent_until(&mut self, stream_id: &StreamId, now: Time) -> Vec<Said> {
        let outputs = self.ward.silent_until(stream_id, now);
        outputs.into_iter().flat_map(|output| say(stream_id, output)).collect()
    }

    /// The beds.
    pub fn ward(&self) -> &Ward {
        &self.ward
    }

    /// Another instance has this stream now.
    pub fn close(&mut self, stream_id: &StreamId) {
        self.ward.close(stream_id);
    }
}

fn say(stream_id: &StreamId, output: BedOutput) -> Vec<Said> {
    match output {
        BedOutput::Beat(beat) => vec![Said::Beat { stream_id: stream_id.clone(), at: beat.at }],
        BedOutput::Vitals(second) => vec![Said::Vitals(Vitals::new(stream_id, &second))],
        BedOutput::Dropped(reason) => vec![Said::Dropped(reason)],
        BedOutput::Started(reason) => vec![Said::Started(reason)],
        BedOutput::Round(strip) => {
            vec![Said::Read(Box::new(ReadingRequest { stream_id: stream_id.clone(), alert: None, strip }))]
        }
        BedOutput::Alarm { event, window } => {
            let alert = Alert::new(stream_id, &event);
            let request = |strip| ReadingRequest { stream_id: stream_id.clone(), alert: Some(alert.clone()), strip };
            // The alert goes first: it waits for nothing.
            let read = window.filter(|_| alert.state == AlertState::Raised).map(request);
            std::iter::once(Said::Alert(Box::new(alert.clone())))
                .chain(read.map(|request| Said::Read(Box::new(request))))
                .collect()
        }
    }
}
