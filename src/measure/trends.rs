//! ST levels and QTc over minutes: what they were at first, what they are now, and since when they differ.
//!
//! In goes the [`Cycle`] of each ten seconds, or that there is none; out come the lasting changes of the ST level
//! ([`Trends::st_change`]) and the QTc of the last five minutes ([`Trends::qtc`]).

use std::collections::VecDeque;

use super::Cycle;
use crate::ecg::{Duration, Lead, Time};

/// A cycle is measured so often, over so many seconds.
pub const EVERY_S: f64 = 10.0;
/// What a patient's ST level is at first: the median of so many cycles.
const BASELINE: usize = 4;
/// ST levels kept: a change may have to hold for a minute.
const LEVELS: usize = 8;
/// QTc values kept: five minutes.
const QTC_VALUES: usize = 30;
/// So many of them must be there before anything is said.
const LEAST_QTC_VALUES: usize = 15;
/// A lead may be disturbed for so many cycles in a row without its ST change counting as over.
const LONGEST_GAP: usize = 2;

/// The limb leads in the order of the frontal plane, aVR turned round, and the chest leads around the heart: neighbours see
/// the same wall of it (contiguous leads of the Fourth Universal Definition of Myocardial Infarction, 2018).
const LIMB: [(Lead, f64); 6] =
    [(Lead::AVL, 1.0), (Lead::I, 1.0), (Lead::AVR, -1.0), (Lead::II, 1.0), (Lead::AVF, 1.0), (Lead::III, 1.0)];
const CHEST: [(Lead, f64); 6] =
    [(Lead::V1, 1.0), (Lead::V2, 1.0), (Lead::V3, 1.0), (Lead::V4, 1.0), (Lead::V5, 1.0), (Lead::V6, 1.0)];

/// The ST level has changed and stayed so.
#[derive(Clone, Debug, PartialEq)]
pub struct StChange {
    /// Since when.
    pub from: Time,
    /// The leads that show it; two neighbours, or one whose neighbours are not recorded.
    pub leads: Vec<Lead>,
    /// The largest change among them in mV.
    pub change_mv: f64,
}

/// The QTc of the last minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Qtc {
    /// Median in ms (Bazett).
    pub median_ms: f64,
    /// The median of the first five minutes, once they are over.
    pub baseline_ms: Option<f64>,
    /// When the oldest of the values was measured.
    pub from: Time,
}

/// ST levels and QTc of one stretch of signal.
#[derive(Clone, Debug)]
pub struct Trends {
    leads: Vec<LeadTrend>,
    /// The latest last, NaN where there is none.
    qtc_ms: VecDeque<f32>,
    qtc_median_ms: Option<f64>,
    qtc_baseline_ms: Option<f64>,
    /// End of the latest cycle.
    at: Option<Time>,
}

#[derive(Clone, Debug)]
struct LeadTrend {
    lead: Lead,
    first_mv: [f32; BASELINE],
    firsts: usize,
    /// The latest last, NaN where there is none.
    levels_mv: VecDeque<f32>,
}

impl LeadTrend {
    fn push(&mut self, st_mv: Option<f64>) {
        if let (Some(st_mv), true) = (st_mv, self.firsts < BASELINE) {
            self.first_mv[self.firsts] = st_mv as f32;
            self.firsts += 1;
        }
        if self.levels_mv.len() == LEVELS {
            self.levels_mv.pop_front();
        }
        self.levels_mv.push_back(st_mv.map_or(f32::NAN, |mv| mv as f32));
    }

    fn baseline_mv(&self) -> Option<f64> {
        (self.firsts == BASELINE).then(|| median(&mut self.first_mv.clone())).flatten()
    }

    /// Since how many cycles the level has differed by `limit_mv` or more in one direction, and by how much it does now.
    fn change(&self, limit_mv: f64) -> Option<(usize, f64)> {
        let baseline_mv = self.baseline_mv()?;
        let (mut gap, mut since, mut latest) = (0, None, None);
        for (back, level_mv) in self.levels_mv.iter().rev().enumerate() {
            if level_mv.is_nan() {
                gap += 1;
                if gap > LONGEST_GAP {
                    break;
                }
                continue;
            }
            gap = 0;
            let change_mv = f64::from(*level_mv) - baseline_mv;
            let direction = latest.map_or(change_mv, |latest: f64| latest);
            if change_mv * direction.signum() < limit_mv {
                break;
            }
            latest.get_or_insert(change_mv);
            since = Some(back);
        }
        since.zip(latest)
    }
}

impl Trends {
    /// Nothing measured yet of these leads.
    pub fn new(leads: &[Lead]) -> Trends {
        let trend = |lead: &Lead| LeadTrend {
            lead: lead.clone(),
            first_mv: [0.0; BASELINE],
            firsts: 0,
            levels_mv: VecDeque::with_capacity(LEVELS),
        };
        Trends {
            leads: leads.iter().map(trend).collect(),
            qtc_ms: VecDeque::with_capacity(QTC_VALUES),
            qtc_median_ms: None,
            qtc_baseline_ms: None,
            at: None,
        }
    }

    /// The leads.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.leads.iter().map(|trend| &trend.lead)
    }

    /// Takes the cycle of the ten seconds that end at `at`, its leads as in [`Trends::new`]; `None` when there is none.
    pub fn push(&mut self, at: Time, cycle: Option<&Cycle>) {
        self.at = Some(at);
        for (index, trend) in self.leads.iter_mut().enumerate() {
            trend.push(cycle.and_then(|cycle| cycle.st_mv.get(index).copied().flatten()));
        }
        if self.qtc_ms.len() == QTC_VALUES {
            self.qtc_ms.pop_front();
        }
        self.qtc_ms.push_back(cycle.and_then(|cycle| cycle.qtc_ms).map_or(f32::NAN, |ms| ms as f32));
        let mut values: Vec<f32> = self.qtc_ms.iter().copied().filter(|ms| ms.is_finite()).collect();
        self.qtc_median_ms = (values.len() >= LEAST_QTC_VALUES).then(|| median(&mut values)).flatten();
        if self.qtc_baseline_ms.is_none() && self.qtc_ms.len() == QTC_VALUES {
            self.qtc_baseline_ms = self.qtc_median_ms;
        }
    }

    /// The clock was set back: what is known is told again with the next cycle, by the new clock.
    pub fn clock_set_back(&mut self) {
        self.at = None;
    }

    /// When the latest cycle was asked for.
    pub fn measured_at(&self) -> Option<Time> {
        self.at
    }

    /// The latest ST level of a lead in mV, if the last cycle shows it.
    pub fn st_mv(&self, lead: &Lead) -> Option<f64> {
        let trend = self.leads.iter().find(|trend| trend.lead == *lead)?;
        trend.levels_mv.back().copied().filter(|mv| mv.is_finite()).map(f64::from)
    }

    /// The latest QTc in ms, if the last cycle shows it.
    pub fn latest_qtc_ms(&self) -> Option<f64> {
        self.qtc_ms.back().copied().filter(|ms| ms.is_finite()).map(f64::from)
    }

    /// An ST level that has differed from what it was at first by `limit_mv` or more at every measurement so far since it
    /// began. It began in the middle of the first ten seconds that show it.
    pub fn st_change(&self, limit_mv: f64) -> Option<StChange> {
        let at = self.at?;
        // Asked for ten times a second, and hardly ever true.
        self.leads.iter().find(|trend| trend.change(limit_mv).is_some())?;
        [&LIMB, &CHEST]
            .into_iter()
            .flat_map(|leads| self.neighbours(leads, limit_mv))
            .map(|(cycles, change)| {
                let seconds = EVERY_S * (cycles as f64 + 0.5);
                StChange { from: at - Duration::from_secs_f64(seconds), ..change }
            })
            .min_by(|a, b| a.from.cmp(&b.from).then(b.change_mv.abs().total_cmp(&a.change_mv.abs())))
    }

    /// The changes in neighbouring leads, with the number of cycles for which they have lasted.
    fn neighbours(&self, order: &[(Lead, f64)], limit_mv: f64) -> Vec<(usize, StChange)> {
        let trend = |lead: &Lead| self.leads.iter().find(|trend| trend.lead == *lead);
        let recorded: Vec<Option<(&LeadTrend, f64)>> =
            order.iter().map(|(lead, turn)| trend(lead).map(|trend| (trend, *turn))).collect();
        let at = |place: Option<usize>| place.and_then(|place| recorded.get(place).copied().flatten());
        let mut found = Vec::new();
        for place in 0..order.len() {
            let (before, one, next) = (at(place.checked_sub(1)), at(Some(place)), at(Some(place + 1)));
            let Some((trend, turn)) = one else { continue };
            let Some((cycles, change_mv)) = trend.change(limit_mv) else { continue };
            let change = |leads: &[&LeadTrend], change_mv| {
                let leads = leads.iter().map(|trend| trend.lead.clone()).collect();
                StChange { from: Time::default(), leads, change_mv }
            };
            if before.is_none() && next.is_none() {
                found.push((cycles, change(&[trend], change_mv)));
            }
            let Some((next, next_turn)) = next else { continue };
            let Some((next_cycles, next_mv)) = next.change(limit_mv) else { continue };
            if turn * change_mv * next_turn * next_mv > 0.0 {
                let largest_mv = if next_mv.abs() > change_mv.abs() { next_mv } else { change_mv };
                found.push((cycles.min(next_cycles), change(&[trend, next], largest_mv)));
            }
        }
        found
    }

    /// The QTc of the last five minutes; `None` while too little of it is known.
    pub fn qtc(&self) -> Option<Qtc> {
        let from = self.at? - Duration::from_secs_f64(EVERY_S * self.qtc_ms.len() as f64);
        Some(Qtc { median_ms: self.qtc_median_ms?, baseline_ms: self.qtc_baseline_ms, from })
    }
}

fn median(values: &mut [f32]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| f64::from(*values.select_nth_unstable_by(middle, f32::total_cmp).1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_nanos((seconds * 1e9) as i64)
    }

    /// A cycle every ten seconds; the levels of all leads by number of the cycle.
    fn after(leads: &[Lead], cycles: usize, level_mv: impl Fn(usize, &Lead) -> Option<f64>) -> Trends {
        let mut trends = Trends::new(leads);
        for number in 0..cycles {
            let st_mv = leads.iter().map(|lead| level_mv(number, lead)).collect();
            trends.push(at(10.0 * (number + 1) as f64), Some(&Cycle { st_mv, qtc_ms: None }));
        }
        trends
    }

    #[test]
    fn a_change_in_neighbours_counts_from_where_it_began() {
        let leads = [Lead::II, Lead::AVF, Lead::V2];
        let raised = |number: usize, lead: &Lead| Some(if number >= 6 && *lead != Lead::V2 { 0.15 } else { 0.02 });
        assert_eq!(after(&leads, 6, raised).st_change(0.1), None);
        let change = after(&leads, 9, raised).st_change(0.1).unwrap();
        assert_eq!((change.from, change.leads), (at(65.0), vec![Lead::II, Lead::AVF]));
        assert!((change.change_mv - 0.13).abs() < 1e-6);
        assert_eq!(after(&leads, 9, raised).st_change(0.2), None);
    }

    #[test]
    fn one_lead_of_two_neighbours_is_not_enough_but_one_without_neighbours_is() {
        let only_ii = |number: usize, lead: &Lead| Some(if number >= 6 && *lead == Lead::II { -0.2 } else { 0.0 });
        assert_eq!(after(&[Lead::II, Lead::AVF], 12, only_ii).st_change(0.1), None);
        assert_eq!(after(&[Lead::II, Lead::V1], 12, only_ii).st_change(0.1).unwrap().leads, [Lead::II]);
    }

    #[test]
    fn avr_is_a_neighbour_upside_down() {
        let opposite = |number: usize, lead: &Lead| {
            Some(if number < 6 {
                0.0
            } else if *lead == Lead::AVR {
                -0.15
            } else {
                0.2
            })
        };
        let change = after(&[Lead::II, Lead::AVR], 12, opposite).st_change(0.1).unwrap();
        assert!((change.change_mv - 0.2).abs() < 1e-6 && change.leads.len() == 2, "{change:?}");
        let alike = |number: usize, _: &Lead| Some(if number < 6 { 0.0 } else { 0.2 });
        assert_eq!(after(&[Lead::II, Lead::AVR], 12, alike).st_change(0.1), None);
    }

    #[test]
    fn a_short_disturbance_does_not_end_it_and_going_back_does() {
        let level = |number: usize, _: &Lead| match number {
            8 | 9 => None,
            6..12 => Some(0.2),
            _ => Some(0.0),
        };
        assert_eq!(after(&[Lead::II], 12, level).st_change(0.1).unwrap().from, at(65.0));
        assert_eq!(after(&[Lead::II], 13, level).st_change(0.1), None);
    }

    #[test]
    fn qtc_is_the_median_of_five_minutes_against_the_first_five() {
        let mut trends = Trends::new(&[Lead::II]);
        for number in 0..60 {
            let qtc_ms = (number % 3 != 0).then_some(if number < 35 { 420.0 } else { 520.0 });
            trends.push(at(10.0 * f64::from(number + 1)), Some(&Cycle { st_mv: vec![None], qtc_ms }));
            match number {
                0..20 => assert_eq!(trends.qtc(), None),
                25 => assert_eq!(trends.qtc().unwrap().baseline_ms, None),
                _ => {}
            }
        }
        let qtc = trends.qtc().unwrap();
        assert_eq!((qtc.median_ms, qtc.baseline_ms, qtc.from), (520.0, Some(420.0), at(300.0)));
    }
}
