//! What the demo shows: a line a bed that lives, and every alarm as it comes.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use anstream::println;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::super::board::BoardObserver;
use gemwatch::alarm::{AlarmCode, Priority};
use gemwatch::ecg::{Chunk, Time};
use gemwatch::pipeline::Said;
use gemwatch::pipeline::service::Observer;
use gemwatch::wire::{Alert, AlertState, Quality, Vitals};

/// Longest piece of a reading that is shown.
const SHOWN_CHARACTERS: usize = 160;

/// The terminal, and what was shown on it.
pub struct Screen {
    start: Time,
    lines: MultiProgress,
    beds: BTreeMap<String, ProgressBar>,
    /// Stream, alarm, seconds at which it was raised.
    raised: Vec<(String, AlarmCode, f64)>,
    counts: BTreeMap<&'static str, usize>,
    colours: bool,
    board: Option<BoardObserver>,
}

impl Screen {
    /// An empty screen; seconds count from `start`. The board hears the same, if there is one.
    pub fn new(start: Time, board: Option<BoardObserver>) -> Screen {
        Screen {
            start,
            lines: MultiProgress::new(),
            beds: BTreeMap::new(),
            raised: Vec::new(),
            counts: BTreeMap::new(),
            colours: std::io::stdout().is_terminal(),
            board,
        }
    }

    /// Writes above the beds.
    pub fn say(&self, text: &str) {
        self.lines.suspend(|| println!("{text}"));
    }

    /// Seconds from `from_s` until this alarm was raised.
    pub fn raised_after(&self, stream_id: &str, code: AlarmCode, from_s: f64) -> Option<f64> {
        let is_it =
            |(whose, what, at_s): &&(String, AlarmCode, f64)| whose == stream_id && *what == code && *at_s >= from_s;
        self.raised.iter().find(is_it).map(|(.., at_s)| at_s - from_s)
    }

    /// What was said in all.
    pub fn summary(&self) {
        let counts: Vec<String> = self.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        println!("{} beds; published: {}", self.beds.len(), counts.join(", "));
    }

    fn vitals(&mut self, vitals: &Vitals, at: Time) {
        let rate = vitals.heart_rate_bpm.map_or_else(|| "  -".to_owned(), |bpm| format!("{bpm:3.0}"));
        let good = vitals.leads.iter().filter(|lead| lead.quality == Quality::Good).count();
        let line = format!("{:<8} {rate} bpm   {good:2} of {} leads", vitals.stream_id, vitals.leads.len());
        if !self.beds.contains_key(&vitals.stream_id) {
            let style = ProgressStyle::with_template("  {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = self.lines.add(ProgressBar::new_spinner().with_style(style));
            self.beds.insert(vitals.stream_id.clone(), bar);
            let time = self.time(at);
            self.say(&format!("{time}  {} appears", vitals.stream_id));
        }
        if let Some(bar) = self.beds.get(&vitals.stream_id) {
            bar.set_message(line);
        }
    }

    fn alert(&mut self, alert: &Alert, at: Time) {
        let time = self.time(at);
        let text = match alert.state {
            AlertState::Raised | AlertState::Escalated => {
                self.raised.push((alert.stream_id.clone(), alert.code, at.seconds_since(self.start)));
                format!("{} {}: {}", mark(alert.priority), alert.name.to_uppercase(), alert.message)
            }
            AlertState::Cleared => format!("    {} cleared", alert.name),
            AlertState::Acknowledged => format!("    {} acknowledged", alert.name),
            AlertState::Latched => format!("    {} over, not acknowledged", alert.name),
            AlertState::Continue => format!("    {} still stands", alert.name),
            AlertState::Interpreted => format!("    {} read: {}", alert.name, reading(alert)),
        };
        let line = format!("{time}  {:<8} {text}", alert.stream_id);
        let colour = match (alert.state, alert.priority) {
            (AlertState::Raised | AlertState::Escalated, Priority::High) => "\x1b[1;31m",
            (AlertState::Raised, Priority::Medium) => "\x1b[1;33m",
            (AlertState::Raised, _) => "\x1b[36m",
            _ => "\x1b[2m",
        };
        if self.colours { self.say(&format!("{colour}{line}\x1b[0m")) } else { self.say(&line) }
    }

    fn time(&self, at: Time) -> String {
        format!("{:6.1} s", at.seconds_since(self.start))
    }
}

/// Shape as well as colour.
fn mark(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "!!!",
        Priority::Medium => "!! ",
        Priority::Low => "!  ",
        Priority::Technical => "(t)",
    }
}

fn reading(alert: &Alert) -> String {
    let Some(reading) = &alert.reading else { return "nothing".to_owned() };
    let mut text: String = reading.text.chars().take(SHOWN_CHARACTERS).collect();
    if text.len() < reading.text.len() {
        text.push('…');
    }
    let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(" [{remark}]"));
    format!("“{text}”{remark} {} claims", reading.claims.len())
}

impl Observer for Screen {
    fn chunk(&mut self, chunk: &Chunk) {
        if let Some(board) = &mut self.board {
            board.chunk(chunk);
        }
    }

    fn said(&mut self, said: &Said) {
        if let Some(board) = &mut self.board {
            board.said(said);
        }
        match said {
            Said::Alert { alert, at } => {
                let state = match alert.state {
                    AlertState::Raised => "alarms raised",
                    AlertState::Interpreted => "alarms read",
                    AlertState::Escalated => "alarms escalated",
                    AlertState::Acknowledged => "alarms acknowledged",
                    AlertState::Latched => "alarms latched",
                    AlertState::Continue => "alarms restated",
                    AlertState::Cleared => "alarms cleared",
                };
                *self.counts.entry(state).or_default() += 1;
                self.alert(alert, *at);
            }
            Said::Vitals { vitals, at } => {
                *self.counts.entry("vital signs").or_default() += 1;
                self.vitals(vitals, *at);
            }
            Said::Round { .. } => *self.counts.entry("rounds read").or_default() += 1,
            Said::Beat { .. } | Said::Points { .. } | Said::Read(_) | Said::Dropped { .. } | Said::Started(_) => {}
        }
    }
}
