//! When a beat came, measured by the rhythm before it.

use crate::signal::RATE_HZ;

/// RR intervals kept.
const KEPT: usize = 20;
/// RR intervals whose median is the running one.
const RUNNING: usize = 8;
/// The running RR interval in seconds before any is known.
const RUNNING_AT_FIRST_S: f64 = 0.8;

/// The latest RR intervals.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    last: Option<u64>,
    /// The latest beat that was conducted as most are.
    last_own: Option<u64>,
    /// The latest one last.
    intervals_s: [f64; KEPT],
    known: usize,
}

/// When one beat came.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// RR interval before it in parts of the running one; 1 when there is none.
    pub interval: f64,
    /// The one before that, in parts of the running one.
    pub interval_before: f64,
    /// The running RR interval in seconds.
    pub running_s: f64,
    /// How irregular the rhythm before it is: the median distance of an RR interval to the nearest of the three before
    /// it, in parts of the running one. Bigeminy and trigeminy repeat themselves and are regular, atrial fibrillation
    /// is not.
    pub irregularity: f64,
    /// How far it is from where the next beat of the own rhythm is due, one or two running intervals after the last
    /// such beat, in parts of the running interval.
    pub off_time: f64,
}

impl Timing {
    /// Nothing is known.
    pub fn new() -> Timing {
        Timing { last: None, last_own: None, intervals_s: [0.0; KEPT], known: 0 }
    }

    /// No interval reaches across this point.
    pub fn restart(&mut self) {
        (self.last, self.last_own) = (None, None);
    }

    /// The beat at this sample was conducted as most are.
    pub fn own(&mut self, at: u64) {
        self.last_own = Some(at);
    }

    /// Takes the next beat.
    pub fn beat(&mut self, at: u64) -> When {
        let known = &self.intervals_s[KEPT - self.known..];
        let running_s = match known.len() {
            0 => RUNNING_AT_FIRST_S,
            count => median(&known[count.saturating_sub(RUNNING)..]),
        };
        let irregularity = repeats_within_s(known) / running_s;
        let since = |before: u64| at.saturating_sub(before) as f64 / RATE_HZ;
        let off_time = self.last_own.map_or(1.0, |own| {
            let intervals = since(own) / running_s;
            (intervals - 1.0).abs().min((intervals - 2.0).abs())
        });
        let interval_before = known.last().map_or(1.0, |before_s| before_s / running_s);
        let interval_s = self.last.replace(at).map(since);
        // A longer one holds a pause or missed beats.
        if let Some(interval_s) = interval_s.filter(|interval_s| (0.25..2.5).contains(interval_s)) {
            self.intervals_s.rotate_left(1);
            self.intervals_s[KEPT - 1] = interval_s;
            self.known = (self.known + 1).min(KEPT);
        }
        When {
            interval: interval_s.map_or(1.0, |interval_s| interval_s / running_s),
            interval_before,
            running_s,
            irregularity,
            off_time,
        }
    }
}

fn repeats_within_s(intervals_s: &[f64]) -> f64 {
    if intervals_s.len() < 8 {
        return 0.0;
    }
    let mut distances = [0.0; KEPT];
    let fours = intervals_s.windows(4);
    let count = fours.len();
    for (distance, four) in distances.iter_mut().zip(fours) {
        *distance = four[..3].iter().map(|before| (four[3] - before).abs()).fold(f64::MAX, f64::min);
    }
    median(&distances[..count])
}

/// Of at most [`KEPT`] values.
fn median(values: &[f64]) -> f64 {
    let mut sorted = [0.0; KEPT];
    let sorted = &mut sorted[..values.len()];
    sorted.copy_from_slice(values);
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}
