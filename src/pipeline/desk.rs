//! The reading desk: the queue of windows and the one thread that reads them.
//!
//! In go requests, out come answers: each request for an alarm is answered, with a reading or with the reason why there
//! is none. The thread owns the model; nobody who raises alarms waits for it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as std_mpsc;
use std::time::Instant;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::interpreter::{Interpreter, InterpreterError, InterpreterSettings, unavailable};
use super::monitor::{ReadingRequest, Said};
use crate::ecg::{Duration, StreamId, Strip, Time};
use crate::telemetry::events::{
    ReadingDropReason, ReadingDropped, ReadingFinished, ReadingOutcome, ReadingQueueLength,
};
use crate::triage::{Reason, Request, Shed, ShedReason, Triage};
use crate::wire::{Alert, Reading};

/// A round that has waited for a minute of data time is no news any more.
const STALE_AFTER: Duration = Duration::from_nanos(60_000_000_000);

/// Why a request was not read.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error("more urgent windows filled the queue")]
    Full,
    #[error("a newer window took its place")]
    Overtaken,
    #[error("the reading thread has ended")]
    ThreadEnded,
}

/// Word from the thread.
#[derive(Debug)]
pub enum FromReader {
    /// The model is loaded, or why not.
    Loaded(Result<String, Arc<InterpreterError>>),
    /// A window was read.
    Read(Box<(Request, Reading)>),
}

/// The queue and the thread.
#[derive(Debug)]
pub struct Desk {
    triage: Triage,
    /// The alerts whose readings are waited for, as they stand now.
    alerts: HashMap<Uuid, Alert>,
    /// Streams with the start of each window that is waited for.
    windows: Vec<(StreamId, Time)>,
    jobs: std_mpsc::SyncSender<Request>,
    busy: bool,
    stop: Arc<AtomicBool>,
}

impl Desk {
    /// Starts the thread, which loads the model first. Returns the desk and what the thread says.
    pub fn open(settings: InterpreterSettings, capacity: NonZeroUsize) -> (Desk, mpsc::Receiver<FromReader>) {
        // One job waits in the hand of the thread, the others in the queue where a more urgent one can overtake them.
        let (jobs, inbox) = std_mpsc::sync_channel(1);
        let (outbox, words) = mpsc::channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stop);
        std::thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || read_all(&settings, &inbox, &outbox, &asked_to_stop))
            .expect("the system can start one more thread");
        let triage = Triage::new(capacity, STALE_AFTER);
        (Desk { triage, alerts: HashMap::new(), windows: Vec::new(), jobs, busy: false, stop }, words)
    }

    /// Takes a request; gives the answers to those that had to go for it.
    pub fn request(&mut self, request: ReadingRequest) -> Vec<Said> {
        let at = request.strip.end();
        self.windows.push((request.stream_id.clone(), request.strip.start));
        let reason = match request.alert {
            Some(alert) => {
                let (id, priority) = (alert.id, alert.priority);
                self.alerts.insert(id, alert);
                Reason::Alarm { id, priority }
            }
            None => Reason::Round,
        };
        let shed = self.triage.push(Request {
            stream_id: request.stream_id,
            reason,
            strip: request.strip,
            at,
            deadline: None,
        });
        let mut said = self.shed(shed);
        said.extend(self.dispatch(at));
        said
    }

    /// An alert was cleared: its reading must not say that it stands.
    pub fn cleared(&mut self, alert: &Alert) {
        if let Some(waiting) = self.alerts.get_mut(&alert.id) {
            waiting.cleared_at.clone_from(&alert.cleared_at);
        }
    }

    /// The thread has read a window: its answer, and those of windows that went stale meanwhile.
    pub fn finished(&mut self, request: Request, reading: Reading) -> Vec<Said> {
        self.busy = false;
        let now = request.at;
        let mut said: Vec<Said> = self.answer(request, reading).into_iter().collect();
        said.extend(self.dispatch(now));
        said
    }

    /// The oldest window of this stream that is still waited for.
    pub fn needs_since(&self, stream_id: &StreamId) -> Option<Time> {
        self.windows.iter().filter(|(whose, _)| whose == stream_id).map(|(_, start)| *start).min()
    }

    /// Hands the next request to the thread if it is free.
    fn dispatch(&mut self, now: Time) -> Vec<Said> {
        if self.busy {
            ReadingQueueLength { length: self.triage.len() as u64 }.emit();
            return Vec::new();
        }
        let next = self.triage.next(now);
        let mut said = self.shed(next.shed);
        if let Some(request) = next.request {
            match self.jobs.try_send(request) {
                Ok(()) => self.busy = true,
                Err(std_mpsc::TrySendError::Full(request) | std_mpsc::TrySendError::Disconnected(request)) => {
                    said.extend(self.refuse(request, &NotRead::ThreadEnded, ReadingDropReason::Failed));
                }
            }
        }
        ReadingQueueLength { length: self.triage.len() as u64 }.emit();
        said
    }

    fn shed(&mut self, shed: Vec<Shed>) -> Vec<Said> {
        let refuse = |shed: Shed| match shed.reason {
            ShedReason::Full => self.refuse(shed.request, &NotRead::Full, ReadingDropReason::QueueFull),
            ShedReason::Replaced => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Replaced),
            ShedReason::Stale => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Stale),
        };
        shed.into_iter().filter_map(refuse).collect()
    }

    /// An alarm is answered even so; a round is only counted.
    fn refuse(&mut self, request: Request, why: &NotRead, reason: ReadingDropReason) -> Option<Said> {
        ReadingDropped { stream_id: request.stream_id.as_str(), reason }.emit();
        let reading = unavailable("none", why, &request.strip);
        let is_round = request.reason == Reason::Round;
        self.answer(request, reading).filter(|_| !is_round)
    }

    fn answer(&mut self, request: Request, reading: Reading) -> Option<Said> {
        let window = (request.stream_id.clone(), request.strip.start);
        if let Some(index) = self.windows.iter().position(|waiting| *waiting == window) {
            self.windows.swap_remove(index);
        }
        let alert = match request.reason {
            Reason::Alarm { id, .. } => Some(self.alerts.remove(&id)?),
            Reason::Round => None,
        };
        Some(ReadingRequest { stream_id: request.stream_id, alert, strip: request.strip }.answer(reading))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The thread: loads the model, then reads what it is given until nobody gives any more.
fn read_all(
    settings: &InterpreterSettings,
    inbox: &std_mpsc::Receiver<Request>,
    outbox: &mpsc::Sender<FromReader>,
    stop: &AtomicBool,
) {
    let mut model = Interpreter::load(settings).map_err(Arc::new);
    let name = model.as_ref().map(|model| model.model().to_owned()).map_err(Arc::clone);
    // Nobody listens any more when the service has ended; then this thread ends too.
    if outbox.blocking_send(FromReader::Loaded(name)).is_err() {
        return;
    }
    while let Ok(request) = inbox.recv() {
        let reading = read(&mut model, &request.stream_id, &request.strip, stop);
        if outbox.blocking_send(FromReader::Read(Box::new((request, reading)))).is_err() {
            return;
        }
    }
}

fn read(
    model: &mut Result<Interpreter, Arc<InterpreterError>>,
    stream_id: &StreamId,
    strip: &Strip,
    stop: &AtomicBool,
) -> Reading {
    let _span = tracing::info_span!("reading", stream_id = stream_id.as_str()).entered();
    let started = Instant::now();
    match model {
        Ok(interpreter) => {
            let reading = interpreter.read(strip, &|| stop.load(Ordering::Relaxed), &mut |_| {});
            if reading.text.is_empty() && reading.remark.is_some() {
                ReadingDropped { stream_id: stream_id.as_str(), reason: ReadingDropReason::Failed }.emit();
            } else {
                ReadingFinished { outcome: ReadingOutcome::Complete, duration: started.elapsed() }.emit();
            }
            reading
        }
        Err(error) => {
            ReadingDropped { stream_id: stream_id.as_str(), reason: ReadingDropReason::NoModel }.emit();
            unavailable("none", error.as_ref(), strip)
        }
    }
}
