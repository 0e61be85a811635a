//! Ventricular fibrillation and flutter, seen in the waveform itself: no QRS complex is needed.
//!
//! In go the latest samples of all leads, how good each lead is and which beats were like the patient's own, out comes the
//! [`Oscillation`] while it lasts. Twice a second the last three seconds ([`window`]) of the three largest leads are
//! measured ([`features`]) and weighed ([`decision`]). If they speak for it, complexes of the patient's own are looked for
//! in all leads; they speak against it. Nothing depends on how samples are cut into chunks.

mod decision;
mod features;
mod window;

use super::Oscillation;
use crate::ecg::{Duration, Lead, Time};
use crate::signal::quality::Quality;
use features::Features;
use window::{TAKEN, Windows, size_mv};

/// Half a second between two looks, in updates of 100 ms.
const EVERY: u32 = 5;
/// Leads that are weighed: those of the best quality, the largest first.
const MOST_LEADS: usize = 3;
/// IEC 60601-2-4 takes up to 0.1 mV peak to peak for asystole.
const SMALLEST_MV: f32 = 0.1;
/// A break no longer than this does not end it.
const LONGEST_BREAK_S: f64 = 2.5;
/// ... nor does one in which nothing can be judged: two seconds lost or other leads, and the time until a window is whole.
const LONGEST_BLIND_S: f64 = 6.5;
/// It began about this long before the end of the first window that shows it: it must fill half of one.
const SHOWN_AFTER: Duration = Duration::from_nanos(1_500_000_000);

/// Watches the leads of one bed.
#[derive(Clone, Debug, Default)]
pub(super) struct Oscillations {
    leads: Vec<Lead>,
    windows: Windows,
    updates: u32,
    /// Could the last look judge nothing?
    blind: bool,
    found: Option<Oscillation>,
}

/// What of the last three seconds is the patient's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<Complexes> {
    /// Beats that were found and have the patient's own shape.
    pub beats: usize,
    /// Gives the number of complexes of the patient's own that a lead holds, found as beats or not. It costs time.
    pub complexes: Complexes,
}

/// One lead in the choice.
#[derive(Clone, Copy, Debug)]
struct Choice {
    lead: usize,
    reliable: bool,
    size_mv: f32,
}

impl Oscillations {
    /// The leads from now on. What goes on goes on: a monitor that changes its leads must not hide it.
    pub fn start(&mut self, leads: &[Lead]) {
        self.leads = leads.to_vec();
        self.updates = 0;
    }

    /// What is found, if it lasts.
    pub fn found(&self) -> Option<&Oscillation> {
        self.found.as_ref()
    }

    /// Looks again, if it is time: ten times a second it is told `now`, the quality of each lead and how to get at the
    /// latest samples of one at 500 Hz (lead, how many; `None` while there are fewer). `own` is what of the last three
    /// seconds is the patient's own.
    pub fn update<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        qualities: impl Iterator<Item = Quality> + Clone,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
        own: &Own<impl Fn(usize) -> usize>,
    ) {
        self.updates = (self.updates + 1) % EVERY;
        if self.updates == 0 {
            self.look(now, qualities, latest_mv, own);
        }
        let longest_s = if self.blind { LONGEST_BLIND_S } else { LONGEST_BREAK_S };
        if self.found.as_ref().is_some_and(|found| now.seconds_since(found.to) > longest_s) {
            self.found = None;
        }
    }

    fn look<Samples: Iterator<Item = f32>>(
        &mut self,
        now: Time,
        qualities: impl Iterator<Item = Quality> + Clone,
        latest_mv: impl Fn(usize, usize) -> Option<Samples>,
        own: &Own<impl Fn(usize) -> usize>,
    ) {
        self.blind = true;
        let mut chosen: [Option<Choice>; MOST_LEADS] = [None; MOST_LEADS];
        let choice = |(lead, quality): (usize, Quality)| {
            let size_mv = latest_mv(lead, TAKEN).map(size_mv)?;
            Some(Choice { lead, reliable: quality.weight() >= Quality::Wander.weight(), size_mv })
        };
        let heard = qualities.enumerate().filter(|(_, quality)| quality.weight() > 0.0);
        for choice in heard.clone().filter_map(choice) {
            insert(&mut chosen, choice);
        }
        let Some(largest) = chosen[0] else { return };
        let features = |choice: &Choice| {
            let window_mv = latest_mv(choice.lead, TAKEN).and_then(|samples_mv| self.windows.make(samples_mv))?;
            Features::of(&window_mv)
        };
        // Unreliable leads are heard only when there is no other.
        let weighed = || chosen.iter().flatten().filter(|choice| choice.reliable == largest.reliable);
        let (mut sum, mut count, mut best) = (0.0, 0_u32, None);
        for features in weighed().filter_map(features) {
            sum += decision::log_odds(&features);
            count += 1;
            best.get_or_insert(features);
        }
        let Some(best) = best else { return };
        self.blind = false;
        let limit = if self.found.is_some() { decision::GOES_ON } else { decision::BEGINS };
        let log_odds = sum / f64::from(count) + decision::own_beats(own.beats);
        if log_odds <= limit || best.span_mv < SMALLEST_MV {
            return;
        }
        // Fibrillation is in all leads, an electrode that moves only in its own: complexes in any lead speak against it.
        let complexes = heard.map(|(lead, _)| (own.complexes)(lead)).max().unwrap_or(0);
        if log_odds + decision::own_complexes(complexes) <= limit {
            return;
        }
        let found = self.found.get_or_insert_with(|| Oscillation {
            from: now - SHOWN_AFTER,
            to: now,
            leads: Vec::with_capacity(MOST_LEADS),
            frequency_hz: 0.0,
            amplitude_mv: 0.0,
        });
        found.to = now;
        found.frequency_hz = best.frequency_hz;
        found.amplitude_mv = f64::from(best.span_mv);
        found.leads.clear();
        found.leads.extend(weighed().filter_map(|choice| self.leads.get(choice.lead).cloned()));
    }
}

/// Puts a lead in its place: reliable ones first, then larger ones.
fn insert(chosen: &mut [Option<Choice>; MOST_LEADS], new: Choice) {
    let key = |choice: &Choice| (choice.reliable, choice.size_mv);
    let mut carried = Some(new);
    for place in chosen {
        if place.as_ref().zip(carried.as_ref()).is_none_or(|(old, new)| key(new) > key(old)) {
            std::mem::swap(place, &mut carried);
        }
    }
}

#[cfg(test)]
mod tests;
