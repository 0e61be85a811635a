//! The engine's thread and the bounded way in and out.
//!
//! The thread owns the backend and is the only one that reads the clock. [`Queue`] is what callers hold: they hand in
//! a request and get a [`Pending`], from which the text and the answer come. When the last of both is gone, the thread ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    backend::Backend,
    batcher::{Batcher, Job, Progress},
    request::{EngineError, Event, Priority, Ticket, Written},
    scheduler::{Request, Settings},
};
use crate::gem::{error::GemError, limits::Limits};

/// How often a caller that waits is asked whether it still wants to.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the thread is told.
enum Message<I> {
    Submit(Box<Job<I>>),
    Cancel(Ticket),
}

/// The way in. Clones share one thread.
pub(super) struct Queue<I> {
    shared: Arc<Shared<I>>,
}

impl<I> Clone for Queue<I> {
    fn clone(&self) -> Queue<I> {
        Queue { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<I> {
    /// Taken when the thread is to end.
    messages: Option<Sender<Message<I>>>,
    thread: Option<JoinHandle<()>>,
    started: Instant,
    /// Requests that are not answered.
    open: AtomicUsize,
    most_open: usize,
    tickets: AtomicU64,
}

impl<I> Shared<I> {
    /// Says something to the thread; false if it is gone.
    fn send(&self, message: Message<I>) -> bool {
        self.messages.as_ref().is_some_and(|messages| messages.send(message).is_ok())
    }
}

impl<I> Drop for Shared<I> {
    /// The sessions must be closed before the process ends, so the thread is waited for. It has at most one step to do.
    fn drop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported where it happened.
            drop(thread.join());
        }
    }
}

impl<I: Send + 'static> Queue<I> {
    /// Starts the thread, which makes the backend first, and waits until it has. `max_waiting` requests may be there besides
    /// those in the slots. `make` gives with the backend what the caller wants to know of it.
    pub(super) fn start<B, K>(
        max_waiting: usize,
        make: impl FnOnce() -> Result<(B, Settings, K), GemError> + Send + 'static,
    ) -> Result<(Queue<I>, K), GemError>
    where
        B: Backend<Input = I>,
        K: Send + 'static,
    {
        let (messages, inbox) = channel();
        let (ready, made) = channel();
        let started = Instant::now();
        let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
            let (backend, settings, known) = match make() {
                Ok(made) => made,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let slots = settings.slots;
            let batcher = Batcher::new(settings, backend);
            if ready.send(Ok((slots, known))).is_ok() {
                work(batcher, &inbox, started);
            }
        });
        let thread = thread.expect("the system can start one more thread");
        let (slots, known) = made.recv().expect("the thread says how it went unless it panics (this is a bug)")?;
        let shared = Shared {
            messages: Some(messages),
            thread: Some(thread),
            started,
            open: AtomicUsize::new(0),
            most_open: slots + max_waiting,
            tickets: AtomicU64::new(0),
        };
        Ok((Queue { shared: Arc::new(shared) }, known))
    }

    /// Hands in a request. `within` is the time in which the answer is wanted.
    pub(super) fn submit(
        &self,
        input: I,
        limits: Limits,
        priority: Priority,
        within: Option<Duration>,
    ) -> Result<Pending<I>, EngineError> {
        let shared = &self.shared;
        let one_more = |open: usize| (open < shared.most_open).then_some(open + 1);
        if shared.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            return Err(EngineError::Busy { most: shared.most_open });
        }
        let ticket = Ticket(shared.tickets.fetch_add(1, Ordering::Relaxed));
        let (events, inbox) = channel();
        // From here on the place is given back when this is dropped.
        let pending = Pending { ticket, events: inbox, is_done: false, shared: Arc::clone(shared) };
        let deadline = within.map(|within| shared.started.elapsed().saturating_add(within));
        let request = Request { ticket, priority, deadline, limits };
        let is_taken = shared.send(Message::Submit(Box::new(Job { request, input, events })));
        if is_taken { Ok(pending) } else { Err(EngineError::Ended) }
    }
}

/// A request that was taken. Dropped before its answer is there, it is cancelled.
pub(super) struct Pending<I> {
    ticket: Ticket,
    events: Receiver<Event>,
    is_done: bool,
    shared: Arc<Shared<I>>,
}

impl<I> Pending<I> {
    /// Waits for the answer. `stop` is asked again and again; `on_text` hears the text as it comes, in pieces whose
    /// concatenation is the whole.
    pub(super) fn wait(
        mut self,
        stop: &dyn Fn() -> bool,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Written, EngineError> {
        let mut is_stopped = false;
        loop {
            if !is_stopped && stop() {
                is_stopped = true;
                self.shared.send(Message::Cancel(self.ticket));
            }
            match self.events.recv_timeout(PATIENCE) {
                Ok(Event::Text(text)) => on_text(&text),
                Ok(Event::Done(answer)) => {
                    self.is_done = true;
                    return answer;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.is_done = true;
                    return Err(EngineError::Ended);
                }
            }
        }
    }
}

impl<I> Drop for Pending<I> {
    fn drop(&mut self) {
        if !self.is_done {
            self.shared.send(Message::Cancel(self.ticket));
        }
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The thread: works until nobody is there any more.
fn work<B: Backend>(mut batcher: Batcher<B>, inbox: &Receiver<Message<B::Input>>, started: Instant) {
    let take = |batcher: &mut Batcher<B>, message| match message {
        Message::Submit(job) => batcher.submit(*job),
        Message::Cancel(ticket) => batcher.cancel(ticket),
    };
    loop {
        loop {
            match inbox.try_recv() {
                Ok(message) => take(&mut batcher, message),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        let Progress::Idle { until } = batcher.step(started.elapsed()) else { continue };
        let message = match until {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(until) => inbox.recv_timeout(until.saturating_sub(started.elapsed())),
        };
        match message {
            Ok(message) => take(&mut batcher, message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
