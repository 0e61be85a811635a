//! The pages that are open: what is on each screen, and how far it has been drawn.
//!
//! In goes what the pages say and what is new on the ward, out go messages to each of them. A page that takes text too slowly loses
//! its connection and begins anew, so that it never shows half of what it was told; of waveforms it is simply sent less often.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes};
use tokio::sync::mpsc;

use super::protocol::{ColumnsFrame, MOST_COLUMNS, PageSays};
use super::ward::Ward;
use super::waves::columns_in;
use crate::ecg::{Duration, Lead};

/// Messages that may wait for a page.
pub const MOST_WAITING: usize = 256;

/// Waveforms are for pages that keep up: so many messages must have room beside them.
const KEPT_FREE: usize = 128;

/// Traces on one screen: more than the beds of a large wall.
const MOST_TRACES: usize = 2_000;

/// What a screen can show: from a tile of a phone to a wall.
const COLUMNS_A_SECOND: std::ops::RangeInclusive<u32> = 10..=500;

/// One page.
#[derive(Debug)]
struct Screen {
    page: mpsc::Sender<Message>,
    /// The number of what it shows now; none before it has said so.
    watch: Option<u16>,
    columns_a_second: u32,
    traces: Vec<Trace>,
}

#[derive(Debug)]
struct Trace {
    stream_id: String,
    lead: Lead,
    /// The column that comes next; none before the first.
    next: Option<i64>,
    history: i64,
}

/// All pages.
#[derive(Debug, Default)]
pub struct Screens {
    screens: BTreeMap<u64, Screen>,
    opened: u64,
}

impl Screens {
    /// A page has come; `all` is what it must know. Gives its number.
    pub fn open(&mut self, page: mpsc::Sender<Message>, all: String) -> u64 {
        let number = self.opened;
        self.opened += 1;
        if page.try_send(Message::Text(Utf8Bytes::from(all))).is_ok() {
            let screen = Screen { page, watch: None, columns_a_second: *COLUMNS_A_SECOND.start(), traces: Vec::new() };
            self.screens.insert(number, screen);
        }
        number
    }

    /// A page has gone.
    pub fn close(&mut self, number: u64) {
        self.screens.remove(&number);
    }

    /// A page has said what it shows; or why that cannot be.
    pub fn watch(&mut self, number: u64, says: PageSays) -> Result<(), String> {
        let PageSays::Watch { columns_a_second, history_s, traces } = says;
        if !COLUMNS_A_SECOND.contains(&columns_a_second) {
            return Err(format!("columns_a_second is not within {COLUMNS_A_SECOND:?}"));
        }
        if traces.len() > MOST_TRACES {
            return Err(format!("more than {MOST_TRACES} traces"));
        }
        let Some(screen) = self.screens.get_mut(&number) else { return Ok(()) };
        let history = columns_in(Duration::from_secs_f64(history_s.clamp(0.0, 60.0)), columns_a_second);
        screen.columns_a_second = columns_a_second;
        screen.traces = traces
            .into_iter()
            .map(|trace| Trace { lead: Lead::from_name(&trace.lead), stream_id: trace.stream_id, next: None, history })
            .collect();
        screen.watch = Some(screen.watch.map_or(0, |watch| watch.wrapping_add(1)));
        Ok(())
    }

    /// Tells every page.
    pub fn tell(&mut self, text: String) {
        let text = Utf8Bytes::from(text);
        self.screens.retain(|_, screen| screen.page.try_send(Message::Text(text.clone())).is_ok());
    }

    /// Tells one page.
    pub fn tell_one(&mut self, number: u64, text: String) {
        let screen = self.screens.get(&number);
        if screen.is_some_and(|screen| screen.page.try_send(Message::Text(text.into())).is_err()) {
            self.close(number);
        }
    }

    /// Sends every page what is new of its traces.
    pub fn draw(&mut self, ward: &Ward) {
        for screen in self.screens.values_mut() {
            if screen.page.capacity() < KEPT_FREE {
                continue;
            }
            if let Some(bytes) = screen.frame(ward) {
                // It had room a moment ago, and nobody else sends.
                let _ = screen.page.try_send(Message::Binary(Bytes::from(bytes)));
            }
        }
    }
}

impl Screen {
    fn frame(&mut self, ward: &Ward) -> Option<Vec<u8>> {
        let mut frame = ColumnsFrame::new(self.watch?, self.columns_a_second);
        for (number, trace) in self.traces.iter_mut().enumerate() {
            let Some(waves) = ward.bed(&trace.stream_id).map(|bed| &bed.waves) else { continue };
            let Some(until) = waves.columns_until(self.columns_a_second) else { continue };
            // A stream whose time has gone back begins anew.
            let next = trace.next.filter(|next| *next <= until).unwrap_or(until - trace.history);
            let first = next.max(until - MOST_COLUMNS);
            if first < until {
                let columns = waves.columns(&trace.lead, first, until, self.columns_a_second);
                if !columns.is_empty() {
                    frame.push(number as u16, first, &columns);
                }
                trace.next = Some(until);
            }
        }
        frame.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::board::protocol::WantedTrace;
    use crate::ecg::{Chunk, ChunkLead, StreamId, Time};

    fn chunk(start_s: f64) -> Chunk {
        Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: 0,
            start: Time::default() + Duration::from_secs_f64(start_s),
            rate_hz: 500.0,
            leads: vec![ChunkLead { lead: Lead::II, gain_uv: 1.0, offset: 0, off: false, samples: vec![7; 50] }],
            pacer_marks: vec![],
        }
    }

    fn watch(history_s: f64) -> PageSays {
        let trace = WantedTrace { stream_id: "bed-1".to_owned(), lead: "II".to_owned() };
        PageSays::Watch { columns_a_second: 100, history_s, traces: vec![trace] }
    }

    /// First column and number of columns of the frames that wait.
    fn frames(messages: &mut mpsc::Receiver<Message>) -> Vec<(f64, u16)> {
        let mut frames = Vec::new();
        while let Ok(message) = messages.try_recv() {
            if let Message::Binary(bytes) = message {
                let first = f64::from_le_bytes(bytes[16..24].try_into().unwrap());
                frames.push((first, u16::from_le_bytes([bytes[14], bytes[15]])));
            }
        }
        frames
    }

    #[test]
    fn a_screen_gets_its_history_and_then_what_is_new() {
        let (mut ward, mut screens) = (Ward::new(10), Screens::default());
        let (sender, mut messages) = mpsc::channel(MOST_WAITING);
        let number = screens.open(sender, ward.all());
        screens.watch(number, watch(0.5)).unwrap();
        (0..20).for_each(|n| drop(ward.chunk(&chunk(100.0 + 0.1 * f64::from(n)), Instant::now())));
        screens.draw(&ward);
        screens.draw(&ward);
        assert_eq!(frames(&mut messages), [(10_150.0, 50)]);
        ward.chunk(&chunk(102.0), Instant::now());
        screens.draw(&ward);
        assert_eq!(frames(&mut messages), [(10_200.0, 10)]);
        assert!(
            screens.watch(number, PageSays::Watch { columns_a_second: 0, history_s: 0.0, traces: vec![] }).is_err()
        );
    }

    #[test]
    fn a_page_that_does_not_listen_is_sent_away_and_begins_anew() {
        let (mut ward, mut screens) = (Ward::new(10), Screens::default());
        let (sender, mut messages) = mpsc::channel(MOST_WAITING);
        let number = screens.open(sender, ward.all());
        screens.watch(number, watch(1.0)).unwrap();
        for n in 0..400 {
            ward.chunk(&chunk(100.0 + 0.1 * f64::from(n)), Instant::now());
            screens.draw(&ward);
        }
        assert_eq!(frames(&mut messages).len(), MOST_WAITING - KEPT_FREE);
        (0..=MOST_WAITING).for_each(|_| screens.tell("{}".to_owned()));
        assert!(screens.screens.is_empty());
    }
}
