//! Ventricular fibrillation and flutter, seen in the waveform itself: no QRS complex is needed.
//!
//! In go the samples of all leads, how good each lead is and which beats were like the patient's own, out comes the
//! [`Oscillation`] while it lasts. Twice a second the last three seconds ([`window`]) of up to three leads are
//! measured ([`features`]) and weighed ([`decision`]). Nothing depends on how samples are cut into chunks.

mod decision;
mod features;
mod window;

use super::Oscillation;
use crate::ecg::{Duration, Lead, Time};
use crate::signal::quality::Quality;
use features::Features;
use window::LeadWindow;

/// Samples at 500 Hz between two looks: half a second.
const EVERY: u64 = 250;
/// Leads that are weighed: those of the best quality, the largest first.
const MOST_LEADS: usize = 3;
/// IEC 60601-2-4 takes up to 0.1 mV peak to peak for asystole.
const SMALLEST_MV: f32 = 0.1;
/// A break no longer than this does not end it.
const LONGEST_BREAK_S: f64 = 2.5;
/// It began about this long before the end of the first window that shows it: it must fill half of one.
const SHOWN_AFTER: Duration = Duration::from_nanos(1_500_000_000);

/// Watches the leads of one bed.
#[derive(Clone, Debug, Default)]
pub(super) struct Oscillations {
    leads: Vec<(Lead, LeadWindow)>,
    /// Samples since the leads were set.
    samples: u64,
    found: Option<Oscillation>,
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
        self.leads = leads.iter().map(|lead| (lead.clone(), LeadWindow::new())).collect();
        self.samples = 0;
    }

    /// Takes the next sample: one value in mV a lead, and whether that lead can be used.
    pub fn push(&mut self, samples_mv: impl Iterator<Item = (f32, bool)>) {
        for ((_, window), (sample_mv, usable)) in self.leads.iter_mut().zip(samples_mv) {
            window.push(sample_mv, usable);
        }
        self.samples += 1;
    }

    /// What is found, if it lasts.
    pub fn found(&self) -> Option<&Oscillation> {
        self.found.as_ref()
    }

    /// Looks again, if it is time: `own_beats` are beats of the last three seconds that looked like the patient's own.
    pub fn update(&mut self, now: Time, qualities: impl Iterator<Item = Quality>, own_beats: usize) {
        if self.samples.is_multiple_of(EVERY) {
            self.look(now, qualities, own_beats);
        }
        if self.found.as_ref().is_some_and(|found| now.seconds_since(found.to) > LONGEST_BREAK_S) {
            self.found = None;
        }
    }

    fn look(&mut self, now: Time, qualities: impl Iterator<Item = Quality>, own_beats: usize) {
        let mut chosen: [Option<Choice>; MOST_LEADS] = [None; MOST_LEADS];
        for (lead, ((_, window), quality)) in self.leads.iter().zip(qualities).enumerate() {
            let Some(size_mv) = window.size_mv().filter(|_| quality.weight() > 0.0) else { continue };
            let reliable = quality.weight() >= Quality::Wander.weight();
            insert(&mut chosen, Choice { lead, reliable, size_mv });
        }
        let Some(largest) = chosen[0] else { return };
        // Unreliable leads are heard only when there is no other.
        let weighed = || chosen.iter().flatten().filter(|choice| choice.reliable == largest.reliable);
        let (mut sum, mut count, mut best) = (0.0, 0_u32, None);
        for choice in weighed() {
            let Some(features) = self.leads[choice.lead].1.whole().and_then(|samples| Features::of(&samples)) else {
                continue;
            };
            sum += decision::log_odds(&features);
            count += 1;
            best.get_or_insert(features);
        }
        let Some(best) = best else { return };
        let log_odds = sum / f64::from(count);
        let log_odds = log_odds + decision::own(own_beats);
        let limit = if self.found.is_some() { decision::GOES_ON } else { decision::BEGINS };
        if log_odds <= limit || best.span_mv < SMALLEST_MV {
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
        found.leads.extend(weighed().map(|choice| self.leads[choice.lead].0.clone()));
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
