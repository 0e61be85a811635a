//! Alarms against what happened, event by event: in go episodes of the reference and the alarms raised, out come
//! sensitivity, positive predictivity, delays and false alarms a bed-day, by code.
//!
//! An episode is found when an alarm that stands for it was raised before it ended (or within [`LATE_S`] of that, as an
//! alarm takes its time); an alarm is true when it overlaps an episode that it stands for. An alarm that stands for
//! something graver or more general counts: fibrillation that is called tachycardia has still been alarmed. Only episodes
//! of a minimal length can be missed; shorter ones make an alarm true, no more.

use std::collections::BTreeMap;

use serde::Serialize;

use super::episodes::{Episode, Reference};
use super::statistics::{median, percent, quantile};

/// After the end of an episode an alarm may still be on its way: the longest designed delay of a high-priority alarm.
pub const LATE_S: f64 = 10.0;

/// A raised alarm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RaisedAlarm {
    /// Its code.
    pub code: String,
    /// `high`, `medium`, `low` or `technical`.
    pub priority: String,
    /// When the condition began, in seconds from the record's start.
    pub onset_s: f64,
    /// When it was raised.
    pub raised_s: f64,
    /// When the condition ended; the record's end if it lasted.
    pub ended_s: f64,
}

/// Which alarms stand for an episode of `code` besides, or as well as, the one of that code.
pub fn stands_for(code: &str) -> &'static [&'static str] {
    match code {
        "VFIB" => &["VFIB", "VTAC"],
        "VTAC" => &["VTAC", "VFIB"],
        "HRHI" => &["HRHI", "XTACHY"],
        "HRLO" => &["HRLO", "XBRADY"],
        "XBRADY" => &["XBRADY", "VBRADY", "ASYS"],
        "VBRADY" => &["VBRADY", "XBRADY"],
        "NSVT" => &["NSVT", "VTAC"],
        _ => &[],
    }
}

fn is_for(alarm: &str, episode: &str) -> bool {
    alarm == episode || stands_for(episode).contains(&alarm)
}

/// One record, scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordAlarms {
    /// Length in seconds.
    pub seconds: f64,
    /// Each episode that can be missed, and the delay of its alarm in seconds from its onset.
    pub episodes: Vec<(Episode, Option<f64>)>,
    /// Each alarm, and whether it was true; none where nothing is known.
    pub alarms: Vec<(RaisedAlarm, Option<bool>)>,
}

/// Scores a record of this length. Episodes shorter than `shortest_s` cannot be missed.
pub fn score_record(reference: &Reference, alarms: &[RaisedAlarm], seconds: f64, shortest_s: f64) -> RecordAlarms {
    let delay = |episode: &Episode| {
        let found = alarms.iter().filter(|alarm| {
            is_for(&alarm.code, &episode.code)
                && alarm.ended_s > episode.from_s
                && alarm.raised_s <= episode.to_s + LATE_S
                && alarm.onset_s < episode.to_s
        });
        // An alarm that was there before the episode began is on already: no delay.
        found.map(|alarm| (alarm.raised_s - episode.from_s).max(0.0)).min_by(f64::total_cmp)
    };
    let is_true = |alarm: &RaisedAlarm| {
        let overlaps = |from_s: f64, to_s: f64| alarm.onset_s < to_s && alarm.ended_s > from_s;
        if reference.episodes.iter().any(|one| is_for(&alarm.code, &one.code) && overlaps(one.from_s, one.to_s)) {
            return Some(true);
        }
        if reference.besides.iter().any(|one| alarm.code == one.code && overlaps(one.from_s, one.to_s)) {
            return Some(true);
        }
        let unknown = reference.unknown.iter().any(|(from_s, to_s)| overlaps(*from_s, *to_s));
        (reference.judges(&alarm.code) && !unknown && alarm.priority != "technical").then_some(false)
    };
    let long = |episode: &&Episode| episode.to_s - episode.from_s >= shortest_s;
    RecordAlarms {
        seconds,
        episodes: reference.episodes.iter().filter(long).map(|episode| (episode.clone(), delay(episode))).collect(),
        alarms: alarms.iter().map(|alarm| (alarm.clone(), is_true(alarm))).collect(),
    }
}

/// All records, one code.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CodeScore {
    /// The code.
    pub code: String,
    /// Episodes of the reference.
    pub episodes: u64,
    /// Those that were alarmed.
    pub found: u64,
    /// Their share in percent.
    pub sensitivity: Option<f64>,
    /// Alarms raised.
    pub alarms: u64,
    /// Of those that could be judged.
    pub true_alarms: u64,
    /// Of those that could be judged.
    pub false_alarms: u64,
    /// True ones among those judged, in percent.
    pub positive_predictivity: Option<f64>,
    /// False ones in 24 h.
    pub false_per_bed_day: Option<f64>,
    /// From the onset of the episode to the alarm, in seconds.
    pub median_delay_s: Option<f64>,
    /// The delay that 95 % do not exceed.
    pub p95_delay_s: Option<f64>,
    /// The longest delay.
    pub longest_delay_s: Option<f64>,
}

/// Adds up records, by code in the order of the alphabet.
pub fn summarise(records: &[RecordAlarms]) -> Vec<CodeScore> {
    let seconds: f64 = records.iter().map(|record| record.seconds).sum();
    let mut codes: BTreeMap<&str, (CodeScore, Vec<f64>)> = BTreeMap::new();
    for record in records {
        for (episode, delay_s) in &record.episodes {
            let (score, delays_s) = codes.entry(&episode.code).or_default();
            score.episodes += 1;
            score.found += u64::from(delay_s.is_some());
            delays_s.extend(delay_s);
        }
        for (alarm, is_true) in &record.alarms {
            let (score, _) = codes.entry(&alarm.code).or_default();
            score.alarms += 1;
            score.true_alarms += u64::from(*is_true == Some(true));
            score.false_alarms += u64::from(*is_true == Some(false));
        }
    }
    let finish = |(code, (score, delays_s)): (&str, (CodeScore, Vec<f64>))| CodeScore {
        code: code.to_owned(),
        sensitivity: percent(score.found, score.episodes),
        positive_predictivity: percent(score.true_alarms, score.true_alarms + score.false_alarms),
        false_per_bed_day: (seconds > 0.0).then(|| score.false_alarms as f64 * 86_400.0 / seconds),
        median_delay_s: median(&delays_s),
        p95_delay_s: quantile(&delays_s, 0.95),
        longest_delay_s: quantile(&delays_s, 1.0),
        ..score
    };
    codes.into_iter().map(finish).collect()
}

/// Sensitivity and specificity for an alarm by time, in percent: the seconds at which it was on against those of the
/// episodes of at least `shortest_s`. Shorter episodes and what is unknown do not count.
pub fn by_time(records: &[(&Reference, &RecordAlarms)], code: &str, shortest_s: f64) -> (Option<f64>, Option<f64>) {
    let (mut both, mut episode_only, mut neither, mut alarm_only) = (0, 0, 0, 0);
    for (reference, record) in records {
        for second in 0..record.seconds as u64 {
            let at_s = second as f64 + 0.5;
            let covers = |from_s: f64, to_s: f64| from_s <= at_s && at_s < to_s;
            let episode = reference.episodes.iter().find(|one| one.code == code && covers(one.from_s, one.to_s));
            let short = episode.is_some_and(|one| one.to_s - one.from_s < shortest_s);
            if short || reference.unknown.iter().any(|(from_s, to_s)| covers(*from_s, *to_s)) {
                continue;
            }
            let on = record.alarms.iter().any(|(one, _)| one.code == code && covers(one.onset_s, one.ended_s));
            match (episode.is_some(), on) {
                (true, true) => both += 1,
                (true, false) => episode_only += 1,
                (false, true) => alarm_only += 1,
                (false, false) => neither += 1,
            }
        }
    }
    (percent(both, both + episode_only), percent(neither, neither + alarm_only))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn alarm(code: &str, onset_s: f64, raised_s: f64, ended_s: f64) -> RaisedAlarm {
        RaisedAlarm { code: code.to_owned(), priority: "high".to_owned(), onset_s, raised_s, ended_s }
    }

    fn reference() -> Reference {
        let episode = |code: &str, from_s, to_s| Episode { code: code.to_owned(), from_s, to_s };
        Reference {
            episodes: vec![episode("VTAC", 10.0, 30.0), episode("VFIB", 50.0, 52.0), episode("VFIB", 70.0, 90.0)],
            besides: vec![episode("HRHI", 10.0, 30.0)],
            judged: BTreeSet::from(["VTAC".to_owned(), "VFIB".to_owned()]),
            unknown: vec![(100.0, 110.0)],
        }
    }

    #[test]
    fn each_episode_and_each_alarm_is_judged() {
        let alarms = [
            alarm("VTAC", 11.0, 14.0, 28.0),
            alarm("VFIB", 49.0, 53.0, 54.0),
            alarm("VTAC", 60.0, 63.0, 64.0),
            alarm("VTAC", 104.0, 107.0, 108.0),
            alarm("HRHI", 60.0, 63.0, 64.0),
            alarm("HRHI", 12.0, 15.0, 31.0),
        ];
        let record = score_record(&reference(), &alarms, 3600.0, 10.0);
        let delays: Vec<_> = record.episodes.iter().map(|(_, delay_s)| *delay_s).collect();
        assert_eq!(delays, [Some(4.0), None]);
        let verdicts: Vec<_> = record.alarms.iter().map(|(_, is_true)| *is_true).collect();
        assert_eq!(verdicts, [Some(true), Some(true), Some(false), None, None, Some(true)]);
        let scores = summarise(&[record]);
        let of = |code: &str| scores.iter().find(|score| score.code == code).unwrap();
        assert_eq!((of("VTAC").sensitivity, of("VFIB").sensitivity), (Some(100.0), Some(0.0)));
        assert_eq!(of("VTAC").positive_predictivity, Some(50.0));
        assert_eq!(of("VTAC").false_per_bed_day, Some(24.0));
        assert_eq!((of("HRHI").alarms, of("HRHI").positive_predictivity), (2, Some(100.0)));
    }

    #[test]
    fn an_alarm_that_was_on_before_has_no_delay_and_one_that_is_over_finds_nothing() {
        let on = score_record(&reference(), &[alarm("VFIB", 5.0, 8.0, 20.0)], 200.0, 10.0);
        assert_eq!(on.episodes[0].1, Some(0.0));
        let over = score_record(&reference(), &[alarm("VTAC", 1.0, 4.0, 9.0)], 200.0, 10.0);
        assert_eq!(over.episodes[0].1, None);
        let late = score_record(&reference(), &[alarm("VTAC", 29.0, 41.0, 45.0)], 200.0, 10.0);
        assert_eq!(late.episodes[0].1, None);
    }

    #[test]
    fn time_counts_second_by_second() {
        let reference = reference();
        let record = score_record(&reference, &[alarm("VTAC", 15.0, 18.0, 35.0)], 50.0, 10.0);
        let (sensitivity, specificity) = by_time(&[(&reference, &record)], "VTAC", 10.0);
        assert_eq!((sensitivity, specificity), (Some(75.0), percent(25, 30)));
        assert_eq!(by_time(&[(&reference, &record)], "VTAC", 30.0).0, None);
    }
}
