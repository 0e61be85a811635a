//! The shape of the patient's own QRS complexes on one lead, and where it is found again.
//!
//! In go windows of that lead and where own beats lie in them; out come the places that hold such a complex. They are
//! found by the correlation with the mean, as averaging electrocardiographs align beats.

use super::steep::{RATE_HZ, WINDOW};

/// Samples of a shape: 128 ms about the R peak.
const POINTS: usize = 16;
const BEFORE: usize = POINTS / 2;
/// A shape is the mean of about so many beats ...
const MEAN_BEATS: u32 = 16;
/// ... and known after so many.
const KNOWN_BEATS: u32 = 4;
/// R peaks are told to within 24 ms: places so many samples before and after are tried.
const LARGEST_SHIFT: usize = 3;
/// A complex to learn from stands out: it has so many times the mean power of its window.
const STANDS_OUT: f32 = 2.0;
/// A complex is surely one of the patient's own from this correlation on, and may be one from that on ...
const SURELY_LIKE: f32 = 0.85;
const LIKE: f32 = 0.6;
/// ... and when it is as large, or nearly.
const AS_LARGE: std::ops::RangeInclusive<f32> = 0.6..=1.6;
/// No two within 200 ms.
const APART: usize = (RATE_HZ * 0.2) as usize;
/// As many as fit into a window.
pub(super) const MOST: usize = WINDOW / APART + 1;

type Points = [f32; POINTS];

/// A complex that may be one of the patient's own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// Its sample in the window.
    pub at: usize,
    likeness: f32,
}

impl Place {
    /// Is it one for sure?
    pub fn is_sure(self) -> bool {
        self.likeness >= SURELY_LIKE
    }
}

/// Such complexes in a window, in the order of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    places: [Place; MOST],
    count: usize,
}

impl Places {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Place> {
        self.places[..self.count].iter().copied()
    }

    /// Of two that are too near to each other the one that is less like stays out.
    fn push(&mut self, new: Place) {
        match self.places[..self.count].last_mut() {
            Some(last) if new.at < last.at + APART && new.likeness > last.likeness => *last = new,
            Some(last) if new.at < last.at + APART => {}
            _ if self.count < MOST => {
                self.places[self.count] = new;
                self.count += 1;
            }
            _ => {}
        }
    }
}

/// The shape of one lead.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnShape {
    mean_mv: Points,
    beats: u32,
}

impl OwnShape {
    /// Learns from the beat whose R peak lies at this sample of the window.
    pub fn learn(&mut self, window_mv: &[f32; WINDOW], r_peak: usize) {
        let at = |place: usize| place.checked_sub(BEFORE).and_then(|from| cut(window_mv, from));
        let places = r_peak.saturating_sub(LARGEST_SHIFT)..=r_peak + LARGEST_SHIFT;
        // The first is taken where it has most power.
        let fits = |points: &Points| product(points, if self.beats == 0 { points } else { &self.mean_mv });
        let Some(seen_mv) = places.filter_map(at).max_by(|a, b| fits(a).total_cmp(&fits(b))) else { return };
        let mean_power = window_mv.iter().map(|mv| mv * mv).sum::<f32>() / WINDOW as f32;
        if product(&seen_mv, &seen_mv) < STANDS_OUT * mean_power * POINTS as f32 {
            return;
        }
        self.beats = (self.beats + 1).min(MEAN_BEATS);
        let part = 1.0 / self.beats as f32;
        for (mean_mv, seen_mv) in self.mean_mv.iter_mut().zip(seen_mv) {
            *mean_mv += part * (seen_mv - *mean_mv);
        }
    }

    /// Is it known yet?
    pub fn is_known(&self) -> bool {
        self.beats >= KNOWN_BEATS
    }

    /// Where such complexes lie in the window.
    pub fn find(&self, window_mv: &[f32; WINDOW]) -> Places {
        let mut found = Places::default();
        let own = product(&self.mean_mv, &self.mean_mv);
        if !self.is_known() || own <= 0.0 {
            return found;
        }
        for from in 0..=WINDOW - POINTS {
            let Some(points) = cut(window_mv, from) else { break };
            let both = product(&points, &self.mean_mv);
            if !AS_LARGE.contains(&(both / own)) {
                continue;
            }
            let likeness = both / (own * product(&points, &points)).sqrt();
            if likeness >= LIKE {
                found.push(Place { at: from + BEFORE, likeness });
            }
        }
        found
    }
}

fn cut(window_mv: &[f32; WINDOW], from: usize) -> Option<Points> {
    window_mv.get(from..from + POINTS)?.try_into().ok()
}

fn product(a: &Points, b: &Points) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
