//! Triage: which window is read next when more are asked for than the model can read.
//!
//! In go [`Request`]s, out they come again, the most urgent first, or as [`Shed`] with the reason. Nothing is lost in
//! silence: every request comes out exactly once. The queue is bounded, does no I/O and reads no clock; the same calls
//! give the same answers.
//!
//! The rules:
//!
//! - High before medium before low before technical before a round; the older first among equals.
//! - A newer round of a bed replaces its older one: nobody wants to read what is overtaken.
//! - When the queue is full, the oldest round goes; where there is none, the oldest of the least urgent alarm readings.
//!   The request that just came is weighed like the others, so that it may be the one that goes.
//! - A round that has waited for too long goes when the next request is asked for. An alarm reading never does.

mod queue;

pub use queue::Triage;

use uuid::Uuid;

use crate::alarm::Priority;
use crate::ecg::{StreamId, Strip, Time};

/// A window that is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Whose window.
    pub stream_id: StreamId,
    /// Why it is to be read.
    pub reason: Reason,
    /// The window.
    pub strip: Strip,
    /// When it was asked for, in data time.
    pub at: Time,
    /// After this moment of data time the reading is of no use any more. It makes a round stale; a late alarm reading
    /// is handed out all the same, and whoever reads says that it comes too late.
    pub deadline: Option<Time>,
    /// By which whoever asks knows it again; means nothing here.
    pub number: u64,
}

/// Why a window is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An alarm was raised.
    Alarm {
        /// Id of the alert.
        id: Uuid,
        /// How urgent the alarm is.
        priority: Priority,
    },
    /// The bed's round.
    Round,
}

impl Reason {
    /// The priority of the alarm; `None`, which is less than any, for a round.
    fn urgency(self) -> Option<Priority> {
        match self {
            Reason::Alarm { priority, .. } => Some(priority),
            Reason::Round => None,
        }
    }
}

/// A request that will not be read, for the caller to count and to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Shed {
    /// The request.
    pub request: Request,
    /// Why it goes.
    pub reason: ShedReason,
}

/// Why a request will not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShedReason {
    /// A newer round of the same bed is there.
    Replaced,
    /// The queue was full of what is more urgent or newer.
    Full,
    /// A round that has waited for too long.
    Stale,
}

/// What is to be read next, and what went stale before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Next {
    /// The most urgent request; `None` when nothing waits.
    pub request: Option<Request>,
    /// The rounds that went stale.
    pub shed: Vec<Shed>,
}

#[cfg(test)]
mod tests;
